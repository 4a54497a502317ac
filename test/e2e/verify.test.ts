import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

const PROGRAM =
  process.env['CLAUDE_KEYS_TEST_PROGRAM'] ?? fileURLToPath(new URL('../../bin/claude-keys.js', import.meta.url));

let standin: Standin;
let key: string;

beforeAll(async () => {
  standin = await startStandin();
});
afterAll(() => standin.stop());
beforeEach(() => {
  key = makeKey();
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs the built program, which must end by itself. */
function verify(
  argv: readonly string[],
  env: Record<string, string> = {},
  stdin: string | null = null,
): Promise<Ended> {
  const begun = performance.now();
  const child = spawn(process.execPath, [PROGRAM, 'verify', ...argv], {
    env: { PATH: process.env['PATH'], CLAUDE_KEYS_HOME: temporaryFolder(), ANTHROPIC_BASE_URL: standin.url, ...env },
    stdio: [stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(stdin ?? '');
  const out = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (out.stdout += chunk));
  child.stderr?.on('data', (chunk) => (out.stderr += chunk));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, ...out, ms: performance.now() - begun })),
  );
}

describe('the built program', () => {
  test('proves a key with a real call and ends at once', async () => {
    standin.addKey(key);
    const { code, stdout, stderr, ms } = await verify(['--json'], {}, `${key}\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ results: [{ name: null, status: 'valid', authenticated: true }] });
    // The connection that is kept alive, for 4 s, must not keep the process.
    expect(ms).toBeLessThan(4000);
    expect(standin.requests.at(-1)).toMatchObject({ method: 'POST', path: '/v1/messages' });
  });

  test('rejects a key that was switched off', async () => {
    standin.addKey(key, { state: 'inactive' });
    const { code, stdout } = await verify(['--from-env', 'MY_KEY'], { MY_KEY: key });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ sk-ant-api03-\S{3}\.\.\.\S{4} {2}rejected {2}claude-haiku-5-5 {2}/);
  });

  test.each(['hang', 'hang_in_body', 'drip'] as const)('ends at --timeout: %s', async (fault) => {
    standin.addKey(key, { answer: { fault } });
    const { code, ms } = await verify(['--timeout', '1', '--from-env', 'MY_KEY'], { MY_KEY: key });
    expect(code).toBe(5);
    expect(ms).toBeGreaterThan(1000);
    // Left to itself, none of these answers would have ended by then.
    expect(ms).toBeLessThan(10_000);
  });

  test("does not listen to the SDK's variables", async () => {
    standin.addKey(key);
    const hostile = {
      ANTHROPIC_LOG: 'debug',
      ANTHROPIC_API_KEY: makeKey(),
      ANTHROPIC_AUTH_TOKEN: makeKey(),
      ANTHROPIC_PROFILE: 'nobody',
      ANTHROPIC_CUSTOM_HEADERS: `authorization: Bearer ${makeKey()}\nx-evil: yes`,
    };
    const { code, stdout, stderr } = await verify(['--from-env', 'MY_KEY'], { ...hostile, MY_KEY: key });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^✓ [^\n]* works\n$/);
    expect(standin.requests.at(-1)?.headers).not.toHaveProperty('x-evil');
  });

  test('never shows the key', async () => {
    for (const answer of ['authentication_error', 'html_401', 'overloaded'] as const) {
      standin.addKey(key, { answer });
      const { stdout, stderr } = await verify(['--verbose'], { ANTHROPIC_LOG: 'debug' }, key);
      expect(stdout + stderr).not.toContain(key.slice(16, -4));
    }
  });

  test('does not send a key to a stranger', async () => {
    const { code, stdout, stderr } = await verify(['--from-env', 'MY_KEY'], {
      MY_KEY: key,
      ANTHROPIC_BASE_URL: 'https://api.anthropic.com@127.0.0.1:1',
    });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('unset ANTHROPIC_BASE_URL');
  });
});
