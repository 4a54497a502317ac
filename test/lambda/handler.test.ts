import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import { handler, type RotationEvent } from '../../src/lambda/handler.ts';
import { openStore } from '../../src/stores/at.ts';
import { TestMachine, temporaryFolder } from '../support/host.ts';
import { type Aws, startAws } from '../support/managers/moto.ts';
import { askAws } from '../support/managers/scene.ts';
import { MOTO, requireServer } from '../support/managers/tools.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

vi.setConfig({ testTimeout: 60_000 });

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

describe.skipIf(!requireServer('moto', MOTO))('the rotation function of AWS', () => {
  let aws: Aws;
  let api: Standin;
  const before = { ...process.env };
  beforeAll(async () => {
    [aws, api] = await Promise.all([startAws(), startStandin()]);
    Object.assign(process.env, aws.env, { AWS_REGION: 'eu-west-1', ANTHROPIC_BASE_URL: api.url });
  }, 60_000);
  beforeEach(() => {
    process.env['CLAUDE_KEYS_HOME'] = temporaryFolder();
  });
  afterEach(() => {
    for (const name of ['CLAUDE_KEYS_FIELD', 'ANTHROPIC_ADMIN_KEY']) delete process.env[name];
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    await Promise.all([aws?.stop(), api?.stop()]);
  });

  const textOf = async (SecretId: string, VersionStage = 'AWSCURRENT') =>
    (await askAws(aws.url, 'GetSecretValue', { SecretId, VersionStage }))['SecretString'] as string | undefined;

  async function prepare(name: string, field = ''): Promise<{ old: string; next: string }> {
    const [old, next] = [makeKey(), makeKey()];
    api.addKey(old);
    api.addKey(next, { state: 'inactive' });
    const store = await openStore(new TestMachine().context(), `aws-sm://eu-west-1/${name}${field}`);
    await store.set(slotOf('x', 'current'), new Secret(old));
    await store.set(slotOf('x', 'standby-1'), new Secret(next));
    return { old, next };
  }

  async function run(SecretId: string, steps: readonly RotationEvent['Step'][], token: string = randomUUID()) {
    for (const Step of steps) await handler({ Step, SecretId, ClientRequestToken: token });
    return token;
  }

  test('promotes the standby in four steps, each of which may be called twice', async () => {
    const { old, next } = await prepare('lambda/plain');
    const token = await run('lambda/plain', ['createSecret', 'createSecret']);
    expect(await textOf('lambda/plain')).toBe(old);
    expect(await textOf('lambda/plain', 'AWSPENDING')).toBe(next);
    api.setKey(next, { state: 'active' });
    await run('lambda/plain', ['setSecret', 'testSecret', 'testSecret', 'finishSecret', 'finishSecret'], token);
    expect(await textOf('lambda/plain')).toBe(next);
    expect(await textOf('lambda/plain', 'AWSPREVIOUS')).toBe(old);
    expect(await textOf('lambda/plain', 'CLAUDE-KEYS-STANDBY-1')).toBeUndefined();
  });

  test('with an Admin key switches the standby on, and the key before the last one off', async () => {
    const { old, next } = await prepare('lambda/admin');
    const admin = makeAdminKey();
    api.addKey(admin);
    process.env['ANTHROPIC_ADMIN_KEY'] = admin;
    await run('lambda/admin', STEPS);
    expect(await textOf('lambda/admin')).toBe(next);
    const third = makeKey();
    api.addKey(third, { state: 'inactive' });
    const store = await openStore(new TestMachine().context(), 'aws-sm://eu-west-1/lambda/admin');
    await store.set(slotOf('x', 'standby-2'), new Secret(third));
    await run('lambda/admin', STEPS);
    expect(await textOf('lambda/admin')).toBe(third);
    const machine = new TestMachine();
    const verify = (key: string) =>
      machine.run(['verify', '--json'], { stdin: key, env: { ANTHROPIC_BASE_URL: api.url } });
    expect((await verify(old)).code).toBe(1);
    expect((await verify(next)).code).toBe(0);
  });

  test('changes one field of a secret with several', async () => {
    await askAws(aws.url, 'CreateSecret', { Name: 'lambda/json', SecretString: '{"user": "app"}' });
    const { next } = await prepare('lambda/json', '#claude');
    process.env['CLAUDE_KEYS_FIELD'] = 'claude';
    api.setKey(next, { state: 'active' });
    await run('lambda/json', STEPS);
    expect(JSON.parse((await textOf('lambda/json')) ?? '')).toEqual({ user: 'app', claude: next });
  });

  test('without a standby fails, and nothing is changed', async () => {
    await askAws(aws.url, 'CreateSecret', { Name: 'lambda/none', SecretString: makeKey() });
    await expect(run('lambda/none', ['createSecret'])).rejects.toThrow(/no standby to rotate to/);
    await expect(run('lambda/none', ['finishSecret'])).rejects.toThrow(/no pending version/);
    expect(await textOf('lambda/none', 'AWSPENDING')).toBeUndefined();
  });
});
