import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../../src/stores/at.ts';
import { TestMachine, temporaryFolder } from '../../support/host.ts';
import { perName } from '../../support/managers/per-name.ts';
import { OPENSSL, requireServer } from '../../support/managers/tools.ts';
import { ROLE, type RunningStandin, startVaultStandin } from '../../support/managers/vault-standin.ts';
import { makeKey } from '../../support/secrets.ts';
import { storeContract } from '../../support/store-contract.ts';

// Servers, clients and a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

let standin: RunningStandin;
let machine: TestMachine;
beforeAll(async () => {
  standin = await startVaultStandin();
});
afterAll(() => standin?.stop());
beforeEach(() => {
  machine = new TestMachine();
  const { vault } = standin;
  vault.secrets.clear();
  vault.denied.clear();
  Object.assign(vault, { sealed: false, active: null, namespace: null, throttled: 0 });
});

const AT = 'vault://secret/team/claude';
const print = (env: Record<string, string> = {}, uri = AT) =>
  machine.run(['print', '--from', uri], { env: { ...standin.env, ...env } });

function put(data: Record<string, unknown>, name = 'team/claude'): void {
  const version = { data, createdAt: '2026-11-01T00:00:00Z', destroyed: false };
  const kept = standin.vault.secrets.get(name);
  if (kept) kept.versions.push(version);
  else standin.vault.secrets.set(name, { versions: [version], notes: {} });
}

describe('Vault, the stand-in', () => {
  storeContract('version 2', () =>
    perName((name) => openStore(new TestMachine().context({ env: { ...standin.env } }), `vault://secret/a/${name}`)),
  );
});

describe('logging in to Vault', () => {
  const key = makeKey();
  beforeEach(() => put({ value: key }));

  test.each([
    ['VAULT_TOKEN', {}],
    ['BAO_TOKEN', { VAULT_TOKEN: 'wrong', BAO_TOKEN: 'token-of-the-test' }],
    ['AppRole', { VAULT_TOKEN: '', VAULT_ROLE_ID: ROLE.roleId, VAULT_SECRET_ID: ROLE.secretId }],
    ['a JWT', { VAULT_TOKEN: '', VAULT_ROLE: 'app', VAULT_JWT: ROLE.jwt }],
    ['a JWT at a mount', { VAULT_TOKEN: '', VAULT_ROLE: 'app', VAULT_JWT: ROLE.jwt, VAULT_AUTH_MOUNT: 'kubernetes' }],
  ])('works with %s', async (_, env) => {
    expect(await print(env)).toEqual({ code: 0, stdout: `${key}\n`, stderr: '' });
  });

  test('works with ~/.vault-token and with files', async () => {
    writeFileSync(join(machine.home, '.vault-token'), `${standin.vault.token}\n`);
    expect(await print({ VAULT_TOKEN: '' })).toMatchObject({ code: 0 });
    const file = join(machine.home, 'id');
    writeFileSync(file, ROLE.secretId);
    const role = { VAULT_TOKEN: '', VAULT_ROLE_ID: ROLE.roleId, VAULT_SECRET_ID_FILE: file };
    expect(await print(role)).toMatchObject({ code: 0 });
  });

  test('sends the namespace', async () => {
    standin.vault.namespace = 'team-a';
    expect((await print()).code).toBe(4);
    expect(await print({ VAULT_NAMESPACE: 'team-a' })).toMatchObject({ code: 0 });
  });
});

describe('what goes wrong with Vault', () => {
  const key = makeKey();

  test.each<[string, () => void, Record<string, string>, number, RegExp]>([
    ['sealed', () => Object.assign(standin.vault, { sealed: true }), {}, 4, /Vault is sealed[\s\S]*operator unseal/],
    ['an expired token', () => {}, { VAULT_TOKEN: 'hvs.old' }, 4, /not valid or has expired[\s\S]*vault login/],
    ['no address', () => {}, { VAULT_ADDR: '' }, 4, /VAULT_ADDR is not set/],
    ['no token', () => {}, { VAULT_TOKEN: '' }, 4, /no token for Vault/],
    ['a login that is refused', () => {}, { VAULT_TOKEN: '', VAULT_ROLE_ID: 'x' }, 4, /refuses the login with AppRole/],
    ['plain http', () => {}, { VAULT_ADDR: 'http://vault.example' }, 6, /over plain http/],
    ['no look at certificates', () => {}, { VAULT_SKIP_VERIFY: '1' }, 6, /whoever answers/],
    ['nobody there', () => {}, { VAULT_ADDR: 'http://127.0.0.1:1' }, 5, /connection refused/],
    [
      'a permission that is missing',
      () => standin.vault.denied.add('read secret/data/team/claude'),
      {},
      4,
      /no permission: read on secret\/data\/team\/claude[\s\S]*capabilities = \["read"\]/,
    ],
    ['throttling without an end', () => Object.assign(standin.vault, { throttled: 99 }), {}, 5, /fewer requests/],
  ])('%s is told', async (_, break_, env, code, said) => {
    put({ value: key });
    break_();
    const result = await print(env);
    expect(result, result.stderr).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(said);
    expect(result.stderr).not.toContain(key);
  });

  test('throttling for a moment is waited for', async () => {
    put({ value: key });
    standin.vault.throttled = 1;
    expect(await print()).toMatchObject({ code: 0 });
  });

  test('a standby sends on to the active node', async () => {
    const standby = await startVaultStandin();
    put({ value: key });
    standby.vault.active = standin.url;
    expect(await print({ VAULT_ADDR: standby.url })).toMatchObject({ code: 0, stdout: `${key}\n` });
    await standby.stop();
  });

  test('what is deleted, not there or no key is told apart', async () => {
    expect((await print()).stderr).toMatch(/there is no such secret/);
    put({ value: key });
    const kept = standin.vault.secrets.get('team/claude');
    if (kept?.versions[0]) kept.versions[0].data = null;
    expect((await print()).stderr).toMatch(/its latest version, 1, is deleted or destroyed/);
    put({ user: 'app', pass: 'x' });
    expect((await print()).stderr).toMatch(/has no field value/);
    put({ value: 'hunter2' });
    const result = await print();
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).not.toContain('hunter2');
  });

  test.skipIf(!requireServer('openssl', OPENSSL))('a certificate that is not trusted, and one that is', async () => {
    const folder = temporaryFolder();
    const [cert, pem] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync(OPENSSL ?? '', [...how, ...subject, '-keyout', pem, '-out', cert], { stdio: 'ignore' });
    const tls = await startVaultStandin({ cert: readFileSync(cert, 'utf8'), key: readFileSync(pem, 'utf8') });
    tls.vault.secrets.set('team/claude', {
      versions: [{ data: { value: key }, createdAt: '', destroyed: false }],
      notes: {},
    });
    const bad = await print({ VAULT_ADDR: tls.url });
    expect(bad, bad.stderr).toMatchObject({ code: 5, stdout: '' });
    expect(bad.stderr).toMatch(/certificate is not trusted[\s\S]*VAULT_CACERT/);
    expect(await print({ VAULT_ADDR: tls.url, VAULT_CACERT: cert })).toMatchObject({ code: 0, stdout: `${key}\n` });
    await tls.stop();
  });
});

describe('a secret of Vault with other fields', () => {
  const run = (argv: string[], stdin = '') => machine.run(argv, { env: { ...standin.env }, stdin });

  test('keeps them as they are, in both versions of the engine', async () => {
    for (const [uri, name] of [
      [`${AT}#claude`, 'team/claude'],
      ['vault://kv1/app#claude', 'kv1/app'],
    ] as const) {
      put({ user: 'app', nested: { a: [1, null] } }, name);
      const old = makeKey();
      const added = await run(['add', `k-${name.length}`, '--store', uri, '--no-verify'], old);
      expect(added, added.stderr).toMatchObject({ code: 0 });
      const fresh = makeKey();
      expect(await run(['rotate', `k-${name.length}`, '--no-verify'], fresh)).toMatchObject({ code: 0 });
      const data = standin.vault.secrets.get(name)?.versions.at(-1)?.data;
      expect(data).toMatchObject({ user: 'app', nested: { a: [1, null] }, claude: fresh });
      expect(data).not.toHaveProperty('claude@pending');
    }
  });

  test('takes the only field there is, when none is named', async () => {
    const key = makeKey();
    put({ ANTHROPIC_API_KEY: key });
    expect(await print()).toMatchObject({ code: 0, stdout: `${key}\n` });
    expect(await print({}, `${AT}#other`)).toMatchObject({ code: 4 });
  });

  test('with what somebody else has staged and left is freed by --abort', async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await run(['add', 'prod', '--store', AT, '--no-verify'], old);
    put({ value: old, 'value@pending': makeKey() });
    expect(await run(['rotate', 'prod', '--no-verify'], fresh)).toMatchObject({ code: 4 });
    expect((await run(['rotate', 'prod', '--abort'])).code).toBe(2);
    expect(await run(['rotate', 'prod', '--abort', '--yes'])).toMatchObject({ code: 0 });
    expect(await run(['rotate', 'prod', '--no-verify'], fresh)).toMatchObject({ code: 0 });
    expect(standin.vault.secrets.get('team/claude')?.versions.at(-1)?.data).toEqual({ value: fresh });
  });

  test('tells in its metadata which version is which, and nothing secret', async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await run(['add', 'prod', '--store', AT, '--no-verify'], old);
    await run(['rotate', 'prod', '--no-verify'], fresh);
    const kept = standin.vault.secrets.get('team/claude');
    expect(kept?.notes['claude-keys-redacted']).toBe(`${fresh.slice(0, 16)}...${fresh.slice(-4)}`);
    const previous = Number(kept?.notes['claude-keys-previous-version']);
    expect(kept?.versions[previous - 1]?.data?.['value']).toBe(old);
    expect(JSON.stringify(kept?.notes)).not.toContain(fresh);
    await run(['retire', 'prod', '--forget', '--yes']);
    expect(kept?.versions.filter(({ data }) => data?.['value'] === old)).toEqual([]);
    expect(kept?.notes).not.toHaveProperty('claude-keys-previous-version');
  });
});
