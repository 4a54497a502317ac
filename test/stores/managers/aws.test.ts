import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TestMachine } from '../../support/host.ts';
import { type Aws, startAws } from '../../support/managers/moto.ts';
import { askAws } from '../../support/managers/scene.ts';
import { MOTO, requireServer } from '../../support/managers/tools.ts';
import { makeKey } from '../../support/secrets.ts';

// Servers, clients and a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

let machine: TestMachine;
beforeEach(() => {
  machine = new TestMachine();
});

const run = (argv: string[], stdin = '') => machine.run(argv, { stdin });

describe.skipIf(!requireServer('moto', MOTO))('a secret of AWS', () => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await startAws();
    Object.assign(process.env, aws.env);
  }, 60_000);
  afterAll(() => aws?.stop());

  const ask = (action: string, body: object) => askAws(aws.url, action, body);
  const textOf = async (name: string, stage = 'AWSCURRENT') =>
    (await ask('GetSecretValue', { SecretId: name, VersionStage: stage }))['SecretString'] as string | undefined;

  test('has its slots as the staging labels of AWS, and nothing secret in its tags', async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    const store = ['--store', 'aws-sm://eu-west-1/labels'];
    expect(await run(['add', 'prod', ...store, '--no-verify'], old)).toMatchObject({ code: 0 });
    expect(await textOf('labels')).toBe(old);
    expect(await run(['rotate', 'prod', '--no-verify'], fresh)).toMatchObject({ code: 0 });
    expect(await textOf('labels')).toBe(fresh);
    expect(await textOf('labels', 'AWSPREVIOUS')).toBe(old);
    const described = JSON.stringify(await ask('DescribeSecret', { SecretId: 'labels' }));
    expect(described).toContain(`${fresh.slice(0, 16)}...${fresh.slice(-4)}`);
    expect(described).not.toContain(fresh);
    expect(described).not.toContain('AWSPENDING');
    expect(await run(['retire', 'prod', '--forget', '--yes'])).toMatchObject({ code: 0 });
    expect(await textOf('labels', 'AWSPREVIOUS')).toBeUndefined();
    expect(await run(['status', '--json'])).toMatchObject({
      stdout: expect.stringContaining('"aws-sm://eu-west-1/labels"'),
    });
  });

  test('with other fields has only ours changed, every other character as it was', async () => {
    const before = '{\n  "n": 12345678901234567890, "user": "app",\t"x": 1.0\n}';
    await ask('CreateSecret', { Name: 'json', SecretString: before });
    const [old, fresh] = [makeKey(), makeKey()];
    expect(await run(['add', 'app', '--store', 'aws-sm://eu-west-1/json#claude', '--no-verify'], old)).toMatchObject({
      code: 0,
    });
    // Somebody changes another field while a rotation is under way.
    await run(['rotate', 'app'], fresh);
    const staged = (await textOf('json'))?.replace('"app"', '"other"') ?? '';
    await ask('PutSecretValue', { SecretId: 'json', SecretString: staged });
    expect(await run(['rotate', 'app', '--resume', '--no-verify'])).toMatchObject({ code: 0 });
    const after = (await textOf('json')) ?? '';
    expect(JSON.parse(after)['claude']).toBe(fresh);
    expect(after.startsWith('{\n  "n": 12345678901234567890, "user": "other",\t"x": 1.0')).toBe(true);
    expect((await run(['print', '--from', 'aws-sm://eu-west-1/json'])).stderr).toMatch(
      /JSON with the fields n, user, x, claude/,
    );
    expect((await run(['add', 'whole', '--store', 'aws-sm://eu-west-1/json', '--no-verify'], makeKey())).code).toBe(2);
    expect(await textOf('json')).toBe(after);
  });

  test('that would be too long is refused, and stays as it was', async () => {
    const before = JSON.stringify({ big: 'x'.repeat(65_480) });
    await ask('CreateSecret', { Name: 'big', SecretString: before });
    const added = await run(['add', 'big', '--store', 'aws-sm://eu-west-1/big#claude', '--no-verify'], makeKey());
    expect(added).toMatchObject({ code: 4, stderr: expect.stringContaining('65536 at most') });
    expect(await textOf('big')).toBe(before);
    expect((await run(['status', 'big'])).code).toBe(3);
  });

  test('that is scheduled for deletion says how to bring it back', async () => {
    const key = makeKey();
    await run(['add', 'gone', '--store', 'aws-sm://eu-west-1/gone', '--no-verify'], key);
    expect(await run(['remove', 'gone', '--yes'])).toMatchObject({ code: 0 });
    for (const argv of [
      ['print', '--from', 'aws-sm://eu-west-1/gone'],
      ['add', 'gone', '--store', 'aws-sm://eu-west-1/gone', '--no-verify'],
    ]) {
      const result = await run(argv, key);
      expect(result, result.stderr).toMatchObject({ code: 4 });
      expect(result.stderr).toMatch(/scheduled for deletion[\s\S]*restore-secret --region eu-west-1 --secret-id gone/);
    }
  });

  test('that is there already is not written over, and can be adopted', async () => {
    const key = makeKey();
    await ask('CreateSecret', { Name: 'shared', SecretString: key });
    const store = ['--store', 'aws-sm://eu-west-1/shared', '--no-verify'];
    const refused = await run(['add', 'mine', ...store], makeKey());
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--adopt') });
    expect(await textOf('shared')).toBe(key);
    expect(await run(['add', 'mine', ...store, '--adopt'])).toMatchObject({ code: 0 });
    expect(await run(['print', 'mine'])).toEqual({ code: 0, stdout: `${key}\n`, stderr: '' });
    expect((await run(['add', 'again', ...store, '--adopt'])).stderr).toMatch(/is the home of mine/);
  });

  test('that was rotated elsewhere is not rotated again before that is known', async () => {
    const uri = 'aws-sm://eu-west-1/elsewhere';
    const [old, theirs, ours] = [makeKey(), makeKey(), makeKey()];
    await run(['add', 'prod', '--store', uri, '--no-verify'], old);
    await ask('PutSecretValue', { SecretId: 'elsewhere', SecretString: theirs });
    const refused = await run(['rotate', 'prod', '--no-verify'], ours);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('claude-keys pull prod') });
    expect(await run(['pull', 'prod'])).toMatchObject({ code: 0 });
    await run(['retire', 'prod', '--forget', '--yes']);
    expect(await run(['rotate', 'prod', '--no-verify'], ours)).toMatchObject({ code: 0 });
    expect(await textOf('elsewhere')).toBe(ours);
  });
});

describe('what AWS refuses', () => {
  let server: Server;
  let answer: { status: number; type: string; message?: string; times: number };
  let asked = 0;
  const before = { ...process.env };

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      asked += 1;
      const { status, type, message = 'no' } = answer;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type });
      response.end(JSON.stringify({ __type: type, message }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'y',
    });
  });
  afterEach(() => {
    asked = 0;
  });
  afterAll(() => {
    Object.assign(process.env, before);
    server.close();
  });

  const DENIED =
    'User: arn:aws:iam::1:user/app is not authorized to perform: secretsmanager:GetSecretValue on resource: x because no identity-based policy allows it';

  test.each([
    ['AccessDeniedException', 400, DENIED, 4, /no permission: secretsmanager:GetSecretValue is missing/],
    ['ExpiredTokenException', 400, 'expired', 4, /have expired[\s\S]*aws sso login/],
    ['UnrecognizedClientException', 400, 'invalid', 4, /does not accept the credentials/],
    ['DecryptionFailure', 400, 'kms', 4, /kms:Decrypt/],
    ['ResourceNotFoundException', 400, 'no', 4, /no such secret[\s\S]*another region/],
    ['InternalServiceError', 500, 'no', 5, /InternalServiceError/],
    ['ThrottlingException', 400, 'Rate exceeded', 5, /throttled/],
  ])('%s is told', async (type, status, message, code, said) => {
    answer = { status, type, message, times: 99 };
    const result = await run(['print', '--from', 'aws-sm://eu-west-1/x']);
    expect(result, result.stderr).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(said);
    // Throttling and faults are retried by the client itself, with its own backoff.
    if (code === 5) expect(asked).toBeGreaterThan(1);
  });

  test('plain http to another host is not even tried', async () => {
    process.env['AWS_ENDPOINT_URL'] = 'http://aws.example';
    const result = await run(['print', '--from', 'aws-sm://eu-west-1/x']);
    expect(result, result.stderr).toMatchObject({ code: 6, stdout: '' });
  });
});
