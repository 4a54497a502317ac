import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Aws, startAws } from '../support/managers/moto.ts';
import { askAws } from '../support/managers/scene.ts';
import { MOTO, requireServer } from '../support/managers/tools.ts';
import { runProgram } from '../support/program.ts';
import { makeKey } from '../support/secrets.ts';

/** The built program finds the credentials of AWS wherever its users have them: each way, and none of the others. */
const URI = 'aws-sm://eu-west-1/credentials';
const ROLE = 'arn:aws:iam::123456789012:role/reader';
const KEYS = 'aws_access_key_id = testing\naws_secret_access_key = testing\n';
const TEMPORARY = { AccessKeyId: 'ASIATEST', SecretAccessKey: 'testing', SessionToken: 'session' };

describe.skipIf(!requireServer('moto', MOTO))('credentials of AWS', () => {
  const home = mkdtempSync(join(tmpdir(), 'claude-keys-aws-'));
  const key = makeKey();
  let aws: Aws;
  let portal: Server;
  let portalUrl = '';

  beforeAll(async () => {
    aws = await startAws();
    await askAws(aws.url, 'CreateSecret', { Name: 'credentials', SecretString: key });
    // The portal of single sign-on, and what containers and functions ask for their role.
    portal = createServer((request, response) => {
      const isPortal = request.headers['x-amz-sso_bearer_token'] === 'sso-token';
      const isContainer = request.headers.authorization === 'container-token';
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = TEMPORARY;
      const expiration = Date.now() + 3_600_000;
      const roleCredentials = { accessKeyId, secretAccessKey, sessionToken, expiration };
      const Expiration = new Date(expiration).toISOString();
      const body = isPortal
        ? { roleCredentials }
        : isContainer
          ? { ...TEMPORARY, Token: TEMPORARY.SessionToken, Expiration }
          : null;
      response.writeHead(body === null ? 401 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? { message: 'no' }));
    });
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
    portalUrl = `http://127.0.0.1:${(portal.address() as AddressInfo).port}`;
    mkdirSync(join(home, '.aws', 'sso', 'cache'), { recursive: true });
    writeFileSync(join(home, '.aws', 'credentials'), `[base]\n${KEYS}`);
    const config = [
      `[profile assumed]\nrole_arn = ${ROLE}\nsource_profile = base\nregion = eu-west-1\n`,
      '[profile signed-on]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = reader\nregion = eu-west-1\n',
      '[sso-session work]\nsso_start_url = https://work.awsapps.com/start\nsso_region = eu-west-1\n',
      `[profile by-process]\ncredential_process = cat ${join(home, 'process.json')}\n`,
    ];
    writeFileSync(join(home, '.aws', 'config'), config.join('\n'));
    writeFileSync(join(home, 'process.json'), JSON.stringify({ Version: 1, ...TEMPORARY }));
    const cache = join(home, '.aws', 'sso', 'cache', `${createHash('sha1').update('work').digest('hex')}.json`);
    writeFileSync(cache, JSON.stringify({ accessToken: 'sso-token', expiresAt: '2999-01-01T00:00:00Z' }));
    writeFileSync(join(home, 'web-identity'), 'a.web.identity');
    writeFileSync(join(home, 'container'), 'container-token');
  }, 60_000);
  afterAll(async () => {
    portal?.close();
    await aws?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test.each<[string, () => Record<string, string>]>([
    ['variables', () => ({ AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' })],
    ['a profile', () => ({ AWS_PROFILE: 'base' })],
    ['a role that a profile assumes', () => ({ AWS_PROFILE: 'assumed' })],
    ['single sign-on', () => ({ AWS_PROFILE: 'signed-on', AWS_ENDPOINT_URL_SSO: portalUrl })],
    ['a program of the user', () => ({ AWS_PROFILE: 'by-process' })],
    [
      'a web identity (Kubernetes, GitHub Actions)',
      () => ({ AWS_WEB_IDENTITY_TOKEN_FILE: join(home, 'web-identity'), AWS_ROLE_ARN: ROLE, AWS_REGION: 'eu-west-1' }),
    ],
    [
      'the role of a container',
      () => ({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${portalUrl}/role`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(home, 'container'),
      }),
    ],
  ])('%s', async (_, own) => {
    const env = { HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys'), AWS_EC2_METADATA_DISABLED: 'true' };
    const found = await runProgram(['print', '--from', URI], {
      env: { ...env, AWS_ENDPOINT_URL: aws.url, ...own() },
    });
    expect(found, found.stderr).toMatchObject({ code: 0, stdout: `${key}\n` });
  });

  test('none at all says where they are looked for', async () => {
    const env = { HOME: join(home, 'empty'), AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: aws.url };
    const { code, stderr } = await runProgram(['print', '--from', URI], { env });
    expect(code).toBe(4);
    expect(stderr).toMatch(/credentials[\s\S]*AWS_PROFILE/);
  });
});
