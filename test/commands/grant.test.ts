import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';

const TOKEN = /^ckg_[0-9A-Za-z]{43}$/;

async function withKey(): Promise<TestMachine> {
  const machine = new TestMachine();
  await storeKey(machine, 'production');
  return machine;
}

describe('grant create', () => {
  test('prints the token once, keeps its hash alone, and says what it allows', async () => {
    const machine = await withKey();
    const argv = [
      'grant',
      'create',
      '--label',
      'ci',
      '--models',
      'claude-haiku-*',
      '--budget',
      '5/day',
      '--expires',
      '8h',
    ];
    const { code, stdout, stderr } = await machine.run(argv);
    expect([code, TOKEN.test(stdout.trim())]).toEqual([0, true]);
    expect(stderr).toContain('It allows: claude-haiku-*, $5/day, messages count_tokens models; it ends in 8 hours.');
    const file = machine.context().paths.grantsFile;
    expect(readFileSync(file, 'utf8')).not.toContain(stdout.trim().slice(4));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('as JSON, with everything that can be limited', async () => {
    const machine = await withKey();
    const limits = ['--max-tokens', '4k', '--rpm', '60', '--tokens-per-day', '2m', '--budget', '50/month'];
    const where = ['--endpoints', 'messages,batches', '--cidr', '10.0.0.0/8,::1', '--key', 'production'];
    const { stdout } = await machine.run(['grant', 'create', '--label', 'all', '--json', ...limits, ...where]);
    const { grant, token } = JSON.parse(stdout);
    expect(token).toMatch(TOKEN);
    expect(grant).toEqual({
      id: expect.stringMatching(/^gr_[0-9A-Za-z]{12}$/),
      label: 'all',
      key: 'production',
      status: 'active',
      createdAt: '2026-11-24T12:00:00.000Z',
      expiresAt: null,
      revokedAt: null,
      models: null,
      maxTokens: 4000,
      rpm: 60,
      tokensPerDay: 2_000_000,
      budget: { usd: 50, per: 'month' },
      endpoints: ['messages', 'batches'],
      cidr: ['10.0.0.0/8', '::1'],
      used: { requests: null, tokens: null, usd: null },
    });
  });

  test.each([
    [['--rpm', '0'], 'usage'],
    [['--max-tokens', 'many'], 'usage'],
    [['--budget', '5'], 'usage'],
    [['--budget', '5/week'], 'usage'],
    [['--expires', 'yesterday'], 'usage'],
    [['--models', 'claude-haiku-5-5,'], 'usage'],
    [['--models', 'a b'], 'usage'],
    [['--endpoints', 'messages,admin'], 'usage'],
    [['--cidr', '10.0.0.0/33'], 'usage'],
    [['--cidr', 'localhost'], 'usage'],
    [['--label', 'a b'], 'bad_name'],
    [['--label', `ckg_${'a'.repeat(43)}`], 'secret_as_argument'],
    [['--key', 'nobody'], 'key_not_found'],
  ])('%j is refused, and nothing is made', async (options, error) => {
    const machine = await withKey();
    const { stdout, stderr } = await machine.run(['grant', 'create', '--label', 'ci', '--json', ...options]);
    expect(JSON.parse(stdout).error.code).toBe(error);
    expect(stdout + stderr).not.toContain('a'.repeat(43));
    expect(JSON.parse((await machine.run(['grant', 'list', '--json'])).stdout)).toEqual({ grants: [] });
  });

  test('is told what is wrong with its options before which key is meant', async () => {
    const { code, stderr } = await new TestMachine().run(['grant', 'create', '--label', 'ci', '--rpm', '0']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--rpm "0" is not a number')]);
  });

  test('of an admin key, or without a label, is refused', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'admin', { kind: 'admin' });
    expect((await machine.run(['grant', 'create', '--label', 'ci'])).code).toBe(2);
    expect((await machine.run(['grant', 'create'])).stderr).toContain('a grant needs a label');
  });
});

describe('the life of a grant', () => {
  test('is seen in list and show, and ends with revoke; its label is free again then', async () => {
    const machine = await withKey();
    const create = ['grant', 'create', '--label', 'ci', '--rpm', '5'];
    await machine.run(create);
    expect((await machine.run(create)).stderr).toContain('there already is a grant with the label ci');
    expect((await machine.run(['grant', 'list'])).stdout).toMatch(
      /^LABEL +KEY +STATUS +ENDS +ALLOWS\nci +production +active +never +every model, 5 requests\/minute, /,
    );
    expect((await machine.run(['grant', 'show', 'ci'])).stdout).toContain('5 requests/minute');
    expect((await machine.run(['grant', 'revoke', 'ci'])).stderr).toBe(
      'ci is revoked: every gateway refuses it within a second.\n',
    );
    expect((await machine.run(['grant', 'revoke', 'ci'])).stderr).toBe('ci was revoked before.\n');
    expect((await machine.run(['grant', 'list'])).stdout).toContain('There are no grants');
    expect((await machine.run(['grant', 'list', '--all'])).stdout).toMatch(
      /ci +production +revoked +was revoked just now/,
    );
    expect((await machine.run(create)).code).toBe(0);
  });

  test('goes on under the new name of its key', async () => {
    const machine = await withKey();
    await machine.run(['grant', 'create', '--label', 'ci']);
    await machine.run(['rename', 'production', 'live']);
    expect(JSON.parse((await machine.run(['grant', 'show', 'ci', '--json'])).stdout).grant.key).toBe('live');
  });

  test.each([
    [['grant', 'show', 'nobody'], 3],
    [['grant', 'revoke', 'nobody'], 3],
    [['grant', 'show'], 2],
    [['grant', 'list', 'ci'], 2],
    [['grant', 'burn', 'ci'], 2],
  ])('%j is exit %d', async (argv, code) => {
    expect((await (await withKey()).run(argv)).code).toBe(code);
  });

  test('a damaged file is told of, and not replaced', async () => {
    const machine = await withKey();
    await machine.run(['grant', 'create', '--label', 'ci']);
    const file = machine.context().paths.grantsFile;
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, '{"version":1,"grants":[{}]}');
    expect((await machine.run(['grant', 'create', '--label', 'b'])).code).toBe(4);
    expect(readFileSync(file, 'utf8')).toBe('{"version":1,"grants":[{}]}');
  });
});

describe('gateway', () => {
  test.each([
    [['--listen', '0.0.0.0:8317'], 6],
    [['--listen', '[::]:8317'], 6],
    [['--listen', 'example.com:8317'], 6],
    [['--listen', '127.0.0.1'], 2],
    [['--listen', '127.0.0.1:99999'], 2],
    [['--listen', '127.0.0.1:1', '--unix', 'x'], 2],
    [['--listen', '0.0.0.0:8317', '--tls-cert', 'missing.pem'], 2],
    [['--since', '7d'], 2],
  ])('%j is exit %d', async (options, code) => {
    expect((await (await withKey()).run(['gateway', ...options])).code).toBe(code);
  });

  test('logs of nothing is nothing', async () => {
    const machine = await withKey();
    expect(await machine.run(['gateway', 'logs', '--json'])).toMatchObject({
      code: 0,
      stdout: '{\n  "requests": []\n}\n',
    });
  });
});
