import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Context } from '../../context.ts';
import { systemCode, UserError } from '../../errors.ts';

/**
 * The repository may be anyone's. Nothing that its configuration names is run: no monitor, hook, pager, filter, helper of
 * a transport or check of signatures; nothing is fetched; the system's and the user's configuration do not count. So it
 * does no harm that the repository is another user's, and it is looked at all the same.
 */
const SAFE = [
  ...['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.pager=cat', '-c', 'diff.external='],
  ...['-c', 'core.attributesFile=/dev/null', '-c', 'log.showSignature=false', '-c', 'core.quotePath=false'],
  ...['-c', 'protocol.allow=never', '-c', 'safe.directory=*', '-c', 'core.untrackedCache=false', '-c', 'gc.auto=0'],
  ...['-c', 'log.mailmap=false'],
  ...['-c', 'core.commitGraph=false', '--no-pager'],
  // It would map whole packs and hold whole files; with these it is as fast and takes a sixth of the memory.
  ...['-c', 'core.packedGitWindowSize=4m', '-c', 'core.packedGitLimit=16m', '-c', 'core.deltaBaseCacheLimit=32m'],
  ...['-c', 'core.bigFileThreshold=4m'],
] as const;

const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  // A replacement or a graft would hide what it replaces.
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
} as const;

/** What git sets for a hook: with `commit -a` or a path, the index is another one than the repository's own. */
const FROM_HOOK = [
  ...['GIT_DIR', 'GIT_COMMON_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY'],
  ...['GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH', 'GIT_PREFIX'],
] as const;
const KEPT = ['PATH', 'Path', 'PATHEXT', 'SystemRoot', 'HOME', 'USERPROFILE', 'XDG_CONFIG_HOME', 'TMPDIR'] as const;

/** Where git runs. */
export interface Repository {
  readonly folder: string;
  /** We may be in a hook of this repository: what git says in the environment counts. */
  readonly inHook?: boolean;
  /** The repository itself, where it is not found from the folder: a submodule's, or one without a work tree. */
  readonly gitDir?: string;
}

/** The mode that an entry of a submodule has. */
export const SUBMODULE = '160000';
const MOST_ERROR = 4_096;
const MOST_HELD = 16 * 1_048_576;

const running = new Set<ChildProcess>();
/** A git that moves no byte for so long hangs: at a pipe that stands where a file of the repository should. */
const IDLE_MS = 300_000;
/** For questions that are answered at once. */
export const SOON_MS = 5_000;

/** Ends every git that runs, for Ctrl-C: one that hangs would be waited for. */
export function endGit(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts git; its end must be waited for with {@link ended}. */
export function startGit(ctx: Pick<Context, 'env'>, repository: Repository, args: readonly string[]): ChildProcess {
  const { all, options } = callOf(ctx, repository, args);
  const child = spawn('git', all, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  let seen = -1;
  const timer = setInterval(() => {
    const moved = bytesOf(child);
    // What it wrote and was not read yet waits for us.
    if (moved === seen && child.stdout?.readableLength === 0) child.kill('SIGKILL');
    seen = moved;
  }, IDLE_MS);
  timer.unref();
  child.once('close', () => {
    running.delete(child);
    clearInterval(timer);
  });
  return child;
}

function bytesOf({ stdin, stdout }: ChildProcess): number {
  return ((stdout as Socket | null)?.bytesRead ?? 0) + ((stdin as Socket | null)?.bytesWritten ?? 0);
}

/**
 * Runs git while everything else waits: half as long as with streams, which counts in a hook.
 * @returns null when it wrote more than is held in memory
 */
export function askGitNow(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  args: readonly string[],
  input: Buffer | string = '',
): (Ended & { readonly out: Buffer }) | null {
  const { all, options } = callOf(ctx, repository, args);
  const { status, stdout, stderr, error } = spawnSync('git', all, {
    ...options,
    input,
    maxBuffer: MOST_HELD,
    timeout: IDLE_MS,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined && systemCode(error) === 'ENOBUFS') return null;
  if (error !== undefined && systemCode(error) === 'ETIMEDOUT')
    return { code: null, said: 'git did not answer', out: Buffer.alloc(0) };
  if (error !== undefined) return { code: 127, said: 'git could not be run; is it installed?', out: Buffer.alloc(0) };
  return { code: status, said: stderr.toString('utf8', 0, MOST_ERROR).trim(), out: stdout };
}

function callOf({ env: ours }: Pick<Context, 'env'>, repository: Repository, args: readonly string[]) {
  const names = repository.inHook === true ? [...KEPT, ...FROM_HOOK] : KEPT;
  const env = Object.fromEntries(names.flatMap((name) => (ours[name] === undefined ? [] : [[name, ours[name]]])));
  const own = repository.gitDir === undefined ? [] : [`--git-dir=${repository.gitDir}`];
  return {
    all: [...SAFE, ...own, ...args],
    options: { cwd: repository.folder, env: { ...env, ...ENVIRONMENT }, windowsHide: true },
  };
}

export interface Ended {
  readonly code: number | null;
  /** The beginning of what it said, for a person. */
  readonly said: string;
}

/** How it ended. Never throws: a git that is not there ends with the code 127. */
export function ended(child: ChildProcess): Promise<Ended> {
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    if (said.length < MOST_ERROR) said += data.toString('utf8');
  });
  child.stdin?.on('error', () => {});
  return new Promise((resolve) => {
    child.on('error', () => resolve({ code: 127, said: 'git could not be run; is it installed?' }));
    child.on('close', (code) => resolve({ code, said: said.trim() }));
  });
}

/** Why a command of git failed, or null. */
export function reasonOf({ code, said }: Ended, command: string): string | null {
  return code === 0 ? null : said.split('\n', 1)[0] || `git ${command} ended with ${code}`;
}

/**
 * Runs git to its end and gives what it wrote, as bytes in latin1, with what it was given on standard input.
 * @param limitMs after so long it is ended, with the code null
 */
export async function askGit(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  args: readonly string[],
  input = '',
  limitMs?: number,
): Promise<Ended & { readonly out: string }> {
  const child = startGit(ctx, repository, args);
  const limit = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
  const parts: Buffer[] = [];
  child.stdout?.on('data', (part: Buffer) => parts.push(part));
  const end = ended(child);
  child.stdin?.end(input, 'latin1');
  const how = await end;
  clearTimeout(limit);
  return { ...how, out: Buffer.concat(parts).toString('latin1') };
}

/** The top folder of the work tree; the folder itself where there is none. */
export async function rootOf(ctx: Pick<Context, 'env'>, repository: Repository): Promise<string> {
  const { code, out } = await askGit(ctx, repository, ['rev-parse', '--show-toplevel']);
  return code === 0 ? utf8(out.replace(/\n$/, '')) : repository.folder;
}

/** The error for a git that failed: the answer is undecided. */
export function gitFailed(what: string, { said, code }: Ended): UserError {
  const words = said.split('\n').find((line) => /^(?:fatal|error):/.test(line)) ?? said.split('\n', 1)[0] ?? '';
  const why = words.replace(/^(?:fatal|error): /, '').slice(0, 300) || `exit code ${code}`;
  return new UserError('scan_failed', `${what}: git says: ${why}`, { hint: hintFor(why) });
}

function hintFor(why: string): string {
  if (/not a git repository/i.test(why)) return 'run it in a repository, or look at files alone: claude-keys scan';
  if (/unknown revision|(?:bad|invalid) revision|bad object|ambiguous argument/i.test(why)) {
    return 'is it fetched? In GitHub Actions: fetch-depth: 0 of actions/checkout';
  }
  return 'run the same command of git to see more';
}

/** Bytes as git gives them, read as UTF-8. */
export function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
