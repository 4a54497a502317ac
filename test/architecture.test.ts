import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { requireTools } from './support/require.ts';

/**
 * The rules of the house (CONTRIBUTING.md), checked over the sources. A rule that is broken on purpose gets its new
 * file named here, where a reader of the change sees it.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const path = `src/${file.split(sep).join('/')}`;
    const text = readFileSync(join(ROOT, path), 'utf8');
    return { path, text, code: withoutComments(text) };
  });

/** Who may import what is not ours: one file for each, and for the parser of files those that define a file. */
const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  '@anthropic-ai/sdk': ['src/anthropic/client.ts'],
  '@redis/client': ['src/redis/connect.ts'],
  '@opentelemetry/exporter-logs-otlp-http': ['src/audit/sink/otlp.ts'],
  '@opentelemetry/sdk-logs': ['src/audit/sink/otlp.ts'],
  '@aws-sdk/client-secrets-manager': ['src/stores/aws-sm/client.ts'],
  '@google-cloud/secret-manager': ['src/stores/gcp-sm/client.ts'],
  '@kubernetes/client-node': ['src/targets/kubernetes.ts'],
  'age-encryption': ['src/stores/file/age.ts', 'src/stores/file/recipients.ts'],
  chalk: ['src/terminal/paint.ts'],
  commander: ['src/cli/program.ts'],
  'cross-spawn': ['src/child/windows.ts'],
  'env-paths': ['src/context.ts'],
  'fast-string-truncated-width': ['src/terminal/width.ts'],
  'google-gax': ['src/stores/gcp-sm/client.ts'],
  'jsonc-parser': ['src/claude-code/settings.ts', 'src/importing/edit/json.ts', 'src/stores/managed/document.ts'],
  yaml: ['src/hooks/yaml-text.ts'],
  yauzl: ['src/scan/archive/zip.ts'],
  keytar: ['src/stores/keychain/native.ts'],
  'prom-client': ['src/gateway/metrics.ts'],
  'rate-limiter-flexible': ['src/limits/limiter.ts'],
  'libsodium-wrappers': ['src/targets/seal.ts'],
};

/** Where a secret leaves its wrapper: to be stored, sent, named by its fingerprint, or handed to who asked for it. */
const REVEALERS = [
  'src/anthropic/client.ts',
  'src/claude-code/approval.ts',
  'src/commands/copy.ts',
  'src/commands/exec-shielded.ts',
  'src/commands/exec.ts',
  'src/commands/export.ts',
  'src/commands/grant.ts',
  'src/commands/print.ts',
  'src/gateway/private.ts',
  'src/gateway/relay.ts',
  'src/keys/from-address.ts',
  'src/keys/identify.ts',
  'src/stores/file/file-store.ts',
  'src/stores/keychain/store.ts',
  'src/stores/managed/document.ts',
  'src/targets/kubernetes.ts',
  'src/targets/seal.ts',
];

/** Everything else works through the Context. */
const READERS_OF_PROCESS = [
  'src/child/index.ts',
  'src/child/replace.ts',
  'src/child/spawn.ts',
  'src/child/windows.ts',
  'src/clipboard/clear-main.ts',
  'src/clipboard/index.ts',
  'src/context.ts',
  'src/files/lock.ts',
  'src/files/replace.ts',
  'src/files/ticket.ts',
  'src/files/user-file.ts',
  'src/gateway/dumps.ts',
  'src/gateway/listen.ts',
  'src/gateway/until-signal.ts',
  'src/known.ts',
  'src/scan/files/compiler.ts',
  'src/scan/interrupt.ts',
  'src/start.ts',
  'src/stores/keychain/child-main.ts',
  'src/stores/keychain/child.ts',
  'src/stores/keychain/end.ts',
  'src/stores/keychain/native.ts',
  'src/stores/keychain/place.ts',
  'src/stores/keychain/session-bus.ts',
  'src/terminal/prompts.ts',
];

describe('the house', () => {
  test('imports each outside package in its own place only', () => {
    const found: Record<string, string[]> = {};
    for (const { path, code } of SOURCES) {
      for (const name of importsOf(code)) {
        const outside = packageOf(name);
        if (outside !== null) found[outside] = [...new Set([...(found[outside] ?? []), path])];
      }
    }
    expect(sortValues(found)).toEqual(IMPORTERS);
  });

  test('reveals a secret in a handful of files', () => {
    expect(filesWith(/\.reveal\(/)).toEqual(REVEALERS);
  });

  test('reads the process in few places beside the context', () => {
    expect(filesWith(/(?<![\w.'#-])process\./)).toEqual(READERS_OF_PROCESS);
  });

  test.each([
    ['ends the process in the middle of something', /process\.exit\(/, ['src/start.ts']],
    ['asks keytar for a list, which ends the process on a locked keychain', /findCredentials/, []],
    ['writes to the console past the context', /console\.(?:log|error|info|debug)/, []],
    ['switches the type check off', /@ts-(?:ignore|nocheck|expect-error)/, []],
    ['runs a line through a shell', /\bshell:\s*true|\bexecSync\(|(?<!\.)\bexec\(/, []],
  ])('nowhere %s', (_, pattern, expected) => {
    expect(filesWith(pattern)).toEqual(expected);
  });

  test('calls downwards only: commands are known to the command line alone', () => {
    const upwards = SOURCES.filter(({ path }) => !/^src\/(?:commands|cli)\/|^src\/(?:main|start)\.ts$/.test(path))
      // The table of the command line is data: the completion scripts are made from it.
      .filter(({ code }) => importsOf(code).some((name) => /(?:^|\/)commands\/(?!table\b)/.test(name)));
    expect(upwards.map(({ path }) => path)).toEqual([]);
  });

  test('has files that can be read in one sitting', () => {
    const long = SOURCES.filter(({ text }) => text.split('\n').length > 201).map(({ path }) => path);
    expect(long).toEqual([]);
  });
});

describe.skipIf(!requireTools('git'))('the repository', () => {
  const listed = () => git('ls-files', '--cached', '--others', '--exclude-standard', '-z').split('\0').filter(Boolean);

  test('holds no whole key: tests make theirs at run time', () => {
    // With a gap, so that this line is not what it looks for.
    const whole = /sk-ant-(?:api03|admin01|oat01)-[A-Za-z0-9_-]{93}AA/;
    expect(
      readable(listed())
        .filter(({ text }) => whole.test(text))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  test('has a lock file that names no registry and lacks nothing, so that npm ci takes it', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved":/);
    const packages: Readonly<Record<string, LockedPackage>> = JSON.parse(lock).packages;
    const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !placesOf(path, name).some((place) => packages[place]?.version !== undefined))
        .map((name) => `${path} wants ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

/** Comments may name what code may not; so may `@ts-…` only there, so those are left in. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/(?! @ts-).*$/gm, '$1');
}

function importsOf(code: string): string[] {
  return [...code.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)|\brequire\('([^']+)'\)|\bload\('([^']+)'\)/g)].map(
    ([, ...names]) => names.find((name) => name !== undefined) ?? '',
  );
}

/** `@scope/name` or `name`; null for our own files and for Node's modules. */
function packageOf(name: string): string | null {
  if (name.startsWith('.') || name.startsWith('node:')) return null;
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

function filesWith(pattern: RegExp): string[] {
  return SOURCES.filter(({ code }) => pattern.test(code))
    .map(({ path }) => path)
    .sort();
}

interface LockedPackage {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Where Node looks for `name` when the package at `path` asks for it, the nearest first. */
function placesOf(path: string, name: string): string[] {
  const folders = path
    .split('/node_modules/')
    .map((_, at, parts) => parts.slice(0, parts.length - at).join('/node_modules/'));
  return [...folders.map((folder) => (folder === '' ? '' : `${folder}/`)), ''].map(
    (each) => `${each}node_modules/${name}`,
  );
}

function sortValues(record: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(record).map(([name, files]) => [name, files.sort()]));
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
}

function readable(files: readonly string[]): { path: string; text: string }[] {
  return files.flatMap((path) => {
    try {
      return [{ path: relative(ROOT, join(ROOT, path)), text: readFileSync(join(ROOT, path), 'utf8') }];
    } catch {
      return []; // Deleted in the working tree, or a link to nowhere.
    }
  });
}
