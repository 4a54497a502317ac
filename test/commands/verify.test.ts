import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { readRegistry } from '../../src/keys/registry.ts';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { makeKey, makeOauthToken } from '../support/secrets.ts';
import { type Answer, DEFAULT_ORGANIZATION, type Standin, startStandin } from '../support/standin/index.ts';

let standin: Standin;
let machine: TestMachine;

beforeAll(async () => {
  standin = await startStandin();
});
afterAll(() => standin.stop());
beforeEach(() => {
  machine = new TestMachine();
});

function verify(argv: readonly string[], { env, ...options }: TestOptions = {}) {
  return machine.run(['verify', ...argv], { env: { ANTHROPIC_BASE_URL: standin.url, ...env }, ...options });
}

async function verifyJson(argv: readonly string[], options: TestOptions = {}) {
  const { code, stdout, stderr } = await verify([...argv, '--json'], options);
  return { code, stderr, ...(JSON.parse(stdout) as { results: Record<string, unknown>[] }) };
}

describe('what an answer says of a key', () => {
  // Every row of API-FACTS.md's error table, and what else may answer in the service's place.
  test.each<[Answer, status: string, authenticated: boolean | null, http: number | null, exit: number]>([
    ['authentication_error', 'rejected', false, 401, 1],
    ['credit_too_low', 'no_credit', true, 400, 0],
    ['own_spend_limit', 'limited', true, 400, 0],
    ['organization_on_hold', 'disabled', true, 400, 1],
    ['organization_disabled', 'disabled', true, 400, 1],
    ['creator_not_member', 'forbidden', true, 400, 0],
    ['unknown_400', 'undecided', null, 400, 5],
    ['billing_error', 'no_credit', true, 402, 0],
    ['permission_error', 'forbidden', true, 403, 0],
    ['sandbox_restricted', 'undecided', null, 403, 5],
    ['model_not_found', 'model_unavailable', true, 404, 0],
    ['path_not_found', 'undecided', null, 404, 5],
    ['too_large', 'undecided', null, 413, 5],
    ['rate_limit', 'limited', true, 429, 0],
    ['enforced_spend_limit', 'limited', true, 429, 0],
    ['contract_spend_limit', 'limited', true, 429, 0],
    ['ramp_limit', 'limited', true, 429, 0],
    ['api_error', 'undecided', null, 500, 5],
    ['unavailable', 'undecided', null, 503, 5],
    ['gateway_timeout', 'undecided', null, 504, 5],
    ['overloaded', 'undecided', null, 529, 5],
    ['html_200', 'undecided', null, 200, 5],
    ['html_401', 'undecided', null, 401, 5],
    ['html_403', 'undecided', null, 403, 5],
    ['html_404', 'undecided', null, 404, 5],
    ['html_429', 'undecided', null, 429, 5],
    ['html_502', 'undecided', null, 502, 5],
    ['foreign_200', 'undecided', null, 200, 5],
    ['foreign_401', 'undecided', null, 401, 5],
    ['foreign_403', 'undecided', null, 403, 5],
    ['foreign_404', 'undecided', null, 404, 5],
    ['foreign_429', 'undecided', null, 429, 5],
    ['error_with_200', 'undecided', null, 200, 5],
    ['invalid_json_200', 'undecided', null, 200, 5],
    ['invalid_json_401', 'undecided', null, 401, 5],
    ['empty_200', 'undecided', null, 200, 5],
    ['empty_204', 'undecided', null, 204, 5],
    ['empty_401', 'undecided', null, 401, 5],
    [{ fault: 'truncated' }, 'undecided', null, 200, 5],
    [{ fault: 'drop' }, 'undecided', null, null, 5],
  ])('%j: %s, authenticated %s', async (answer, status, authenticated, httpStatus, exit) => {
    const secret = await storeKey(machine, 'prod');
    standin.addKey(secret, { answer });
    const { code, results, stderr } = await verifyJson(['prod']);
    expect(results).toEqual([expect.objectContaining({ name: 'prod', status, authenticated, httpStatus })]);
    expect(code).toBe(exit);
    expect(stderr).toBe('');
    expect((await verify(['prod', '--strict'])).code).toBe(1);
    expect(readRegistry(machine.context()).keys.get('prod')?.lastCheck?.status).toBe(status);
  });

  test('a proxy that wants a password answers nothing about the key', async () => {
    const secret = await storeKey(machine, 'prod');
    standin.addKey(secret, { answer: 'proxy_407' });
    const { code, results } = await verifyJson(['prod']);
    expect(results).toEqual([expect.objectContaining({ status: 'undecided', authenticated: null })]);
    expect(code).toBe(5);
  });

  test('a working key, in full', async () => {
    const secret = await storeKey(machine, 'prod');
    standin.addKey(secret);
    const { code, results, stderr } = await verifyJson(['prod']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(results).toEqual([
      {
        name: 'prod',
        redacted: `${secret.slice(0, 16)}...${secret.slice(-4)}`,
        status: 'valid',
        authenticated: true,
        model: 'claude-haiku-5-5',
        latencyMs: expect.any(Number),
        organizationId: DEFAULT_ORGANIZATION,
        requestId: expect.stringMatching(/^req_/),
        message: 'works',
        httpStatus: 200,
      },
    ]);
    expect((await verify(['prod', '--strict'])).code).toBe(0);
    expect(readRegistry(machine.context()).keys.get('prod')).toMatchObject({
      lastCheck: { at: '2026-11-24T12:00:00.000Z', status: 'valid' },
      current: { organizationId: DEFAULT_ORGANIZATION },
    });
  });

  test('a key that was switched off is rejected, and works again when it is switched on', async () => {
    const secret = await storeKey(machine, 'prod');
    standin.addKey(secret, { state: 'inactive' });
    expect((await verify(['prod'])).code).toBe(1);
    standin.setKey(secret, { state: 'active' });
    expect((await verify(['prod'])).code).toBe(0);
  });

  test('says what to do, and nothing that the answer said', async () => {
    const secret = await storeKey(machine, 'prod');
    standin.addKey(secret, {
      answer: {
        status: 401,
        body: { type: 'error', error: { type: 'authentication_error', message: `\u001b[31mno ${secret}` } },
        headers: { 'request-id': secret, 'anthropic-organization-id': secret, 'content-type': 'application/json' },
      },
    });
    const { code, stdout, stderr } = await verify(['prod']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^✗ prod {2}rejected {2}claude-haiku-5-5 {2}\d+ ms {2}the service does not accept it: .*platform\.claude\.com\/settings\/keys\n$/,
    );
    expect(stderr).toBe('claude-keys: hint: replace the secret: claude-keys rotate prod\n');
    const { results } = await verifyJson(['prod']);
    expect(results[0]).toMatchObject({ requestId: null, organizationId: null });
  });

  test.each([
    ['rate_limit', 'too many requests just now; try again in 17 s'],
    [
      'enforced_spend_limit',
      "the monthly limit of the organization's tier is reached; see platform.claude.com/settings/limits",
    ],
    ['credit_too_low', 'the account has no credit left; add some at platform.claude.com/settings/billing'],
    ['html_401', /^what answered at 127\.0\.0\.1:\d+ \(HTTP 401\) is not the Claude API/],
    ['overloaded', 'the service is overloaded (HTTP 529); try again in a while'],
  ] as const)('%s: %s', async (answer, message) => {
    const secret = await storeKey(machine, 'prod');
    standin.addKey(secret, { answer });
    const { results } = await verifyJson(['prod']);
    expect(results[0]?.['message']).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});

describe('ways to test', () => {
  test('an admin key is tested by its organization, an OAuth token by a message', async () => {
    standin.addKey(await storeKey(machine, 'admin', { kind: 'admin' }));
    standin.addKey(await storeKey(machine, 'oauth', { kind: 'oauth' }));
    const { code, results } = await verifyJson(['admin', 'oauth']);
    expect(code).toBe(0);
    expect(results).toEqual([
      expect.objectContaining({ status: 'valid', model: null, organizationId: DEFAULT_ORGANIZATION }),
      expect.objectContaining({ status: 'valid', model: 'claude-haiku-5-5' }),
    ]);
    expect(
      standin.requests
        .slice(-2)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['/v1/messages', '/v1/organizations/me']);
  });

  test('--free lists models, so that a key without credit passes', async () => {
    standin.addKey(await storeKey(machine, 'prod'), { credit: false });
    const { code, results } = await verifyJson(['prod', '--free']);
    expect(code).toBe(0);
    expect(results[0]).toMatchObject({ status: 'valid', model: null });
    expect(standin.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/models?limit=1' });
    expect((await verifyJson(['prod'])).results[0]).toMatchObject({ status: 'no_credit' });
  });

  test('the model is --model, else the setting, else the cheapest', async () => {
    standin.addKey(await storeKey(machine, 'prod'));
    const asked = async (argv: readonly string[] = []) => (await verifyJson(['prod', ...argv])).results[0]?.['model'];
    expect(await asked()).toBe('claude-haiku-5-5');
    writeFileSync(machine.context().paths.configFile, '{"verifyModel": "claude-sonnet-5-5"}');
    expect(await asked()).toBe('claude-sonnet-5-5');
    expect(await asked(['--model', 'claude-opus-5-5'])).toBe('claude-opus-5-5');
    expect(JSON.parse(standin.requests.at(-1)?.body ?? '')).toMatchObject({ model: 'claude-opus-5-5', max_tokens: 1 });
  });

  test('a model that was retired is no fault of the key', async () => {
    standin.addKey(await storeKey(machine, 'prod'));
    const { code, results } = await verifyJson(['prod', '--model', 'claude-3-opus-20240229']);
    expect(code).toBe(0);
    expect(results[0]).toMatchObject({
      status: 'model_unavailable',
      message:
        'the key is accepted, but the model claude-3-opus-20240229 was retired on 2026-01-05; try: --model claude-haiku-5-5',
    });
  });

  test.each([
    [['--timeout', '0'], '--timeout takes a number of seconds, up to 3600'],
    [['--timeout', '-1'], '--timeout takes a number of seconds, up to 3600'],
    [['--timeout', 'ten'], '--timeout takes a number of seconds, up to 3600'],
    [['--timeout', '1e9'], '--timeout takes a number of seconds, up to 3600'],
    [['--timeout', ''], '--timeout takes a number of seconds, up to 3600'],
    [['--model', ''], '--model takes the id of a model'],
    [['--model', 'a\u001b[31m'], '--model takes the id of a model'],
    [['--model', 'claude-haiku-5-5', '--free'], '--model has no use with --free, which asks no model'],
    [['--all', 'prod'], 'names and --all cannot be used together'],
    [['--all', '--env', 'x'], '--all and --env cannot be used together'],
    [['--from-env', 'X', '-'], 'names and --from-env cannot be used together'],
  ])('refuses %j', async (argv, message) => {
    await storeKey(machine, 'prod');
    const result = await verify(argv);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(`claude-keys: ${message}\nclaude-keys: hint: `);
  });
});

describe('which keys', () => {
  test('without a name: the one that is meant', async () => {
    standin.addKey(await storeKey(machine, 'one'));
    standin.addKey(await storeKey(machine, 'two', { default: true }));
    expect((await verifyJson([])).results).toMatchObject([{ name: 'two', status: 'valid' }]);
    expect((await verifyJson([], { stdinIsTTY: true })).results).toMatchObject([{ name: 'two' }]);
    expect((await verifyJson([], { env: { CLAUDE_KEYS_KEY: 'one' } })).results).toMatchObject([{ name: 'one' }]);
  });

  test('--all and --env, in the order of the names', async () => {
    for (const [name, environment] of [
      ['c', 'production'],
      ['a', 'staging'],
      ['b', 'production'],
    ] as const) {
      standin.addKey(await storeKey(machine, name, { environment }));
    }
    expect((await verifyJson(['--all'])).results.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect((await verifyJson(['--env', 'production'])).results.map(({ name }) => name)).toEqual(['b', 'c']);
    expect((await verifyJson(['c', 'a', 'c'])).results.map(({ name }) => name)).toEqual(['c', 'a']);
    expect(await verify(['--env', 'test'])).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'claude-keys: there is no key of the environment "test"\nclaude-keys: hint: there are: production, staging\n',
    });
  });

  test.each([[['--all']], [['--env', 'x']], [[]], [['nobody']]])('nothing stored: %j', async (argv) => {
    expect((await verify(argv)).code).toBe(3);
  });

  test.each([
    ['piped in', [], (key: string) => ({ stdin: `export ANTHROPIC_API_KEY="${key}"\n` })],
    ['for -', ['-'], (key: string) => ({ stdin: key })],
    ['from a variable', ['--from-env', 'MY_KEY'], (key: string) => ({ env: { MY_KEY: ` ${key}\n` } })],
  ] as const)('a key that is not stored: %s', async (_, argv, options) => {
    await storeKey(machine, 'other');
    for (const secret of [makeKey(), makeOauthToken()]) {
      standin.addKey(secret);
      const { code, results } = await verifyJson(argv, options(secret));
      expect(code).toBe(0);
      expect(results).toMatchObject([{ name: null, status: 'valid', redacted: expect.stringContaining('...') }]);
      expect((await verify(argv, options(secret))).stdout).toContain(`✓ ${secret.slice(0, 16)}...${secret.slice(-4)}`);
    }
    expect(readRegistry(machine.context()).keys.get('other')?.lastCheck).toBeNull();
    expect(await verify(argv, options(makeKey().slice(0, 50)))).toMatchObject({ code: 2, stdout: '' });
  });

  test('a variable that is not set', async () => {
    expect(await verify(['--from-env', 'MY_KEY'])).toMatchObject({ code: 2, stdout: '' });
  });

  test('one rejected key among others decides the exit code, and one undecided otherwise', async () => {
    standin.addKey(await storeKey(machine, 'good'));
    standin.addKey(await storeKey(machine, 'slow'), { answer: 'overloaded' });
    standin.addKey(await storeKey(machine, 'poor'), { credit: false });
    expect((await verify(['good', 'poor'])).code).toBe(0);
    expect((await verify(['--all'])).code).toBe(5);
    await storeKey(machine, 'bad');
    const { code, stdout } = await verify(['--all']);
    expect(code).toBe(1);
    expect(
      stdout
        .replaceAll(/ *\d+ ms/g, ' MS')
        .split('\n')
        .map((line) => line.slice(0, 44)),
    ).toEqual([
      '✗ bad   rejected   claude-haiku-5-5 MS  the ',
      '✓ good  valid      claude-haiku-5-5 MS  work',
      '! poor  no credit  claude-haiku-5-5 MS  the ',
      '? slow  undecided  claude-haiku-5-5 MS  the ',
      '',
    ]);
    const quiet = await verify(['--all', '--quiet']);
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).not.toContain('good');
    expect(quiet.stdout).toContain('bad');
  });

  test('50 keys at 300 ms are done in 3 s, side by side', async () => {
    const slow = await startStandin({ latencyMs: 300 });
    for (let index = 0; index < 50; index += 1) slow.addKey(await storeKey(machine, `key-${index}`));
    const begun = performance.now();
    const { code, results } = await verifyJson(['--all'], { env: { ANTHROPIC_BASE_URL: slow.url } });
    expect(performance.now() - begun).toBeLessThan(3000);
    await slow.stop();
    expect(code).toBe(0);
    expect(results).toHaveLength(50);
  }, 20_000);
});

describe('a terminal', () => {
  test('gets colour and progress, both gone where they do not belong', async () => {
    standin.addKey(await storeKey(machine, 'prod'));
    const shown = await verify(['prod'], { stdoutIsTTY: true, stdinIsTTY: true, env: { TERM: 'xterm' } });
    expect(shown.stdout).toContain('\u001b[32m✓');
    expect(shown.stderr).toContain('testing the key with a real call');
    expect(shown.stderr.endsWith('\r\u001b[K')).toBe(true);
    const plain = await verify(['prod', '--json'], { stdoutIsTTY: true, stdinIsTTY: true, env: { TERM: 'xterm' } });
    expect(plain.stdout + plain.stderr).not.toContain('\u001b');
    const muted = await verify(['prod'], { stdoutIsTTY: true, env: { TERM: 'xterm', NO_COLOR: '1' } });
    expect(muted.stdout).not.toContain('\u001b');
  });
});

describe('stores and the registry', () => {
  const locked = new UserError('store_locked', 'the keychain is locked', { hint: 'unlock it' });

  test('one named key whose store fails is that failure', async () => {
    await storeKey(machine, 'prod');
    machine.keychain.failure = locked;
    const failure = {
      code: 4,
      stdout: '',
      stderr: 'claude-keys: the keychain is locked\nclaude-keys: hint: unlock it\n',
    };
    expect(await verify(['prod'])).toEqual(failure);
    expect(await verify([])).toEqual(failure);
  });

  test('among several it is undecided, and the others are tested', async () => {
    await storeKey(machine, 'lost');
    machine.keychain.slots.clear();
    standin.addKey(await storeKey(machine, 'here'));
    await storeKey(machine, 'apart', { store: 'file' });
    machine.file.failure = locked;
    const { code, results } = await verifyJson(['--all']);
    expect(code).toBe(5);
    expect(results).toEqual([
      expect.objectContaining({ name: 'apart', status: 'undecided', message: 'not tested: the keychain is locked' }),
      expect.objectContaining({ name: 'here', status: 'valid' }),
      expect.objectContaining({ name: 'lost', status: 'undecided', authenticated: null, httpStatus: null }),
    ]);
    expect((await verify(['--all'])).stderr).toContain('claude-keys: hint: unlock it\n');
    expect(readRegistry(machine.context()).keys.get('apart')?.lastCheck).toBeNull();
  });

  test('a registry that cannot be written is a warning', async () => {
    standin.addKey(await storeKey(machine, 'prod'));
    const { registryFile } = machine.context().paths;
    // Works for root too, whom modes do not stop: a folder stands where the new file would be written.
    mkdirSync(`${registryFile}.new/x`, { recursive: true });
    const { code, results, stderr } = await verifyJson(['prod']);
    expect(code).toBe(0);
    expect(results).toHaveLength(1);
    expect(stderr).toMatch(/^claude-keys: warning: the results were not noted: /);
  });

  test('a result is not noted for a secret that was replaced meanwhile', async () => {
    const secret = makeKey();
    standin.addKey(secret);
    await storeKey(machine, 'prod');
    await machine.keychain.set(slotOf('prod', 'current'), new Secret(secret));
    expect((await verify(['prod'])).code).toBe(0);
    expect(readRegistry(machine.context()).keys.get('prod')?.lastCheck).toBeNull();
  });

  test('an unknown host is refused before any secret is read', async () => {
    await storeKey(machine, 'prod');
    machine.keychain.failure = locked;
    const { code, stderr } = await verify(['prod'], { env: { ANTHROPIC_BASE_URL: 'https://evil.example' } });
    expect(code).toBe(6);
    expect(stderr).toContain('evil.example');
  });
});
