import { fstatSync, statSync } from 'node:fs';
import { devNull, homedir } from 'node:os';
import { isatty } from 'node:tty';
import envPaths from 'env-paths';
import { UserError } from './errors.ts';
import { locate, type Paths } from './paths.ts';
import { STORES } from './stores/index.ts';
import type { StoreEntry, StoreKind } from './stores/store.ts';
import { hushNodeDebug } from './terminal/node-debug.ts';
import { mayBeTerminal, standardOutput } from './terminal/output.ts';
import type { Prompter } from './terminal/prompter.ts';
import type { Ui } from './terminal/ui.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Input {
  readonly isTTY: boolean;
  /**
   * Everything up to the end of the input.
   * @throws {UserError} `usage` when there is more than `limit` bytes.
   */
  read(limit: number): Promise<Buffer>;
  /** The same piece by piece, of any length. */
  stream(): AsyncIterable<Buffer> & { destroy?(): void };
}

export interface Output {
  readonly isTTY: boolean;
  /** Width in columns; 80 where it is not known. */
  readonly columns: number;
  /** Whether a write has shown that the reader has left: what goes on until it is ended ends then. */
  readonly isClosed: boolean;
  write(text: string): void;
}

/** Everything outside the program that a command may touch, so that a test can stand in for all of it. */
export interface Host {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Of the Node that runs this: `20.19.0`. */
  readonly nodeVersion: string;
  readonly pid: number;
  /** How this program was started: absolute paths of Node and of the script. */
  readonly program: { readonly node: string; readonly script: string };
  readonly parentPid: number;
  readonly paths: Paths;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stores: Readonly<Record<StoreKind, StoreEntry>>;
  /** Whether one of the standard streams is a terminal, so that a person could be there. */
  hasTerminal(): boolean;
  /** Loaded when the first question is asked. */
  prompter(): Promise<Prompter>;
  now(): Date;
  /** From here on, libraries warn of their own worries (the age of Node, a server that is not there) no more. */
  hushWarnings(): void;
}

/** A host, the command that runs on it and what the global options ask for: what every command is given. */
export interface Context extends Host {
  readonly ui: Ui;
  /** As the command line has it, for the audit log; `claude-keys` before it is known. */
  readonly command: string;
}

/** The real machine: the one reader of `process` for commands. */
export function realHost(): Host {
  const { env } = process;
  if (env['NODE_DEBUG']) hushNodeDebug(process.stderr, process.pid);
  return {
    env,
    cwd: currentFolder(),
    home: homedir(),
    platform: process.platform,
    nodeVersion: process.versions.node,
    pid: process.pid,
    program: { node: process.execPath, script: process.argv[1] ?? '' },
    parentPid: process.ppid,
    paths: locate(env['CLAUDE_KEYS_HOME'], () => envPaths('claude-keys', { suffix: '' })),
    stdin: {
      get isTTY() {
        return process.stdin.isTTY === true;
      },
      read: readStdin,
      stream: () => process.stdin,
    },
    stdout: standardOutput(1, () => process.stdout),
    stderr: standardOutput(2, () => process.stderr),
    stores: STORES,
    hasTerminal: () =>
      [0, 1, 2].some((descriptor) => mayBeTerminal(descriptor) && !isNull(descriptor) && isatty(descriptor)),
    prompter: async () => (await import('./terminal/prompts.ts')).terminalPrompter,
    now: () => new Date(),
    hushWarnings: () => {
      process.emitWarning = () => {};
    },
  };
}

/** Told apart before `node:tty` is asked, which takes 1 ms to load: Claude Code's helper runs with it. */
function isNull(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).rdev === statSync(devNull).rdev;
  } catch {
    return false;
  }
}

/** A shell may stand in a folder that was deleted; nothing that matters depends on it. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

async function readStdin(limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > limit) {
      throw new UserError('usage', `standard input holds more than ${limit} bytes; that is no key`, {
        hint: 'pipe the key alone, for example: claude-keys add production < key.txt',
      });
    }
  }
  return Buffer.concat(chunks);
}
