import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, type RunResult, run } from '../support/program.ts';
import { requirement, requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEGABYTE = 1_000_000;

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const canRun = requirement(process.platform !== 'win32', 'npm is started without a shell') && requireTools('npm');

/** What a user gets: packed, then installed in an empty folder without what development needs. */
describe.skipIf(!canRun)('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-package-'));
  let packed: Packed;
  let api: Standin;

  beforeAll(async () => {
    api = await startStandin();
    // The build is there; building it again would pull it from under the tests that run beside this one.
    const result = await npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
    packed = JSON.parse(result.stdout)[0];
    await Promise.all([install('whole'), install('without-keytar', '--omit=optional')]);
  }, 180_000);

  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function install(name: string, ...options: string[]): Promise<void> {
    const target = join(folder, name);
    mkdirSync(target);
    writeFileSync(join(target, 'package.json'), '{}');
    const tarball = join(folder, basename(packed.filename));
    await npm(target, 'install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', ...options, tarball);
  }

  function claudeKeys(name: string, args: string[], options: { input?: string; env?: Record<string, string> } = {}) {
    const script = join(folder, name, 'node_modules/claude-keys/bin/claude-keys.js');
    const home = join(folder, name, 'home');
    const env = { HOME: home, ANTHROPIC_BASE_URL: api.url, ...options.env };
    return run(PROGRAM[0], [script, ...args], { ...options, env });
  }

  test('holds the program and its papers, nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    expect(paths).toEqual(
      expect.arrayContaining([...papers, 'bin/claude-keys.js', 'dist/start.js', 'dist/licences.txt']),
    );
    const known = /^(?:(?:bin|dist)\/[\w-]+\.(?:js|txt)|dist\/(?:scan|start)\.[\d.]+-node\.\d+-\w+-\w+)$/;
    expect(paths.filter((path) => !papers.includes(path) && !known.test(path))).toEqual([]);
    const dist = join(folder, 'whole/node_modules/claude-keys/dist');
    const testing = readdirSync(dist).filter((file) => /_standin|vitest/.test(readFileSync(join(dist, file), 'utf8')));
    expect(testing).toEqual([]);
  });

  test('is small, and brings keytar at most', () => {
    expect(packed.unpackedSize).toBeLessThanOrEqual(3 * MEGABYTE);
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'whole/node_modules/claude-keys/package.json'), 'utf8'),
    );
    expect(Object.keys({ ...dependencies, ...optionalDependencies })).toEqual(['keytar']);
    // The last is keytar's own, needed where there is no binary for the machine.
    expect(visible(join(folder, 'whole/node_modules'))).toEqual(['claude-keys', 'keytar', 'node-addon-api']);
    expect(visible(join(folder, 'without-keytar/node_modules'))).toEqual(['claude-keys']);
  });

  test('runs without what was compiled beforehand, and with what V8 does not take', async () => {
    const dist = join(folder, 'without-keytar/node_modules/claude-keys/dist');
    const here = `${process.versions.v8}-${process.platform}-${process.arch}`;
    const compiled = readdirSync(dist).filter((file) => /^[a-z]+\.\d/.test(file));
    expect(compiled.sort()).toEqual([`scan.${here}`, `start.${here}`]);
    const answers = async () => {
      expect(await claudeKeys('without-keytar', ['status'])).toMatchObject({ code: 0, stderr: '' });
      expect(await claudeKeys('without-keytar', ['scan', dist, '--quiet'])).toMatchObject({ code: 0, stderr: '' });
    };
    for (const content of [randomBytes(100_000), Buffer.alloc(0)]) {
      for (const file of compiled) writeFileSync(join(dist, file), content);
      await answers();
    }
    for (const file of compiled) {
      rmSync(join(dist, file));
      await answers();
    }
  });

  test('says what to do first, by npx, without network', async () => {
    const result = await npm(join(folder, 'whole'), 'exec', '--offline', '--no', 'claude-keys');
    expect(result.stdout).toContain('claude-keys add production');
  });

  test('does the main job', async () => {
    const secret = makeKey();
    api.addKey(secret);
    const env = { CLAUDE_KEYS_STORE: 'file' };
    const added = await claudeKeys('whole', ['add', 'production', '--json'], { input: `${secret}\n`, env });
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(added.stdout).key).toMatchObject({ name: 'production', lastCheck: { status: 'valid' } });
    const status = await claudeKeys('whole', ['status']);
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toContain(`${secret.slice(0, 16)}...${secret.slice(-4)}`);
    expect(await claudeKeys('whole', ['verify', '--all'])).toMatchObject({ code: 0 });
    expect(await claudeKeys('whole', ['print', 'production'])).toEqual({
      code: 0,
      signal: null,
      stdout: `${secret}\n`,
      stderr: '',
    });
  });

  test('says how to install the client of a secrets manager', async () => {
    for (const [address, command] of [
      ['aws-sm://eu-west-1/x', 'npm install @aws-sdk/client-secrets-manager'],
      ['gcp-sm://my-project/x', 'npm install @google-cloud/secret-manager@6'],
    ] as const) {
      const result = await claudeKeys('whole', ['print', '--from', address]);
      expect(result).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(`hint: ${command}\n`) });
    }
  });

  test('exports the rotation function for AWS', async () => {
    const script = "const { handler } = require('claude-keys/lambda'); console.log(typeof handler)";
    const result = await run(PROGRAM[0], ['-e', script], { cwd: join(folder, 'whole') });
    expect(result).toMatchObject({ code: 0, stdout: 'function\n', stderr: '' });
  });

  test('without keytar takes the file, and says so', async () => {
    const secret = makeKey();
    api.addKey(secret);
    const added = await claudeKeys('without-keytar', ['add', 'production'], { input: secret });
    expect(added.code).toBe(0);
    expect(added.stderr).toMatch(/keychain/);
    expect(added.stdout + added.stderr).toMatch(/encrypted file/);
    expect((await claudeKeys('without-keytar', ['print'])).stdout).toBe(`${secret}\n`);
    const asked = await claudeKeys('without-keytar', ['add', 'other', '--store', 'keychain'], { input: makeKey() });
    expect(asked).toMatchObject({ code: 4, stdout: '' });
  });
});

/** npm with the machine's own settings, but none of those that an `npm run` around the tests has set. */
async function npm(cwd: string, ...args: string[]): Promise<RunResult> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const result = await run('npm', args, { cwd, env, timeoutMs: 170_000 });
  if (result.code !== 0) throw new Error(`npm ${args.join(' ')}: ${result.stderr}`);
  return result;
}

function visible(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('.'));
}
