import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ask, HELLO, until } from '../support/gateway.ts';
import { gatewayProcess } from '../support/gateway-process.ts';
import { cleanEnvironment, PROGRAM, run } from '../support/program.ts';
import { makeKey } from '../support/secrets.ts';
import { World } from '../support/world.ts';

/** The built program as a gateway, and as the parent of what it shields. */
let world: World;
let secret: string;
beforeAll(async () => {
  world = await World.start('file');
  secret = world.makeKey();
  await world.run(['add', 'production'], { input: secret });
});
afterAll(() => world?.stop());

let labels = 0;
async function grant(...options: string[]): Promise<{ token: string; label: string }> {
  const label = `e2e-${++labels}`;
  const { stdout } = await world.run(['grant', 'create', '--label', label, '--json', ...options]);
  return { token: JSON.parse(stdout).token, label };
}

const gateway = (...options: string[]) => gatewayProcess(world, options);

describe('the gateway of the built program', () => {
  test('answers, logs, counts, and ends when it is told to', async () => {
    const { token, label } = await grant('--budget', '5/day');
    const { address, child } = await gateway('--metrics');
    expect((await ask(address, { token })).status).toBe(200);
    expect((await ask(address, { token, body: { ...HELLO, stream: true } })).body.toString()).toContain('message_stop');
    const metrics = await ask(address, { method: 'GET', path: '/metrics' });
    expect(metrics.body.toString()).toContain(
      `claude_keys_requests_total{grant="${label}",key="production",model="claude-haiku-5-5",endpoint="messages",status="200"} 2`,
    );
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    const { stdout } = await world.run(['gateway', 'logs', '--grant', label, '--json']);
    expect(JSON.parse(stdout).requests).toMatchObject([
      { label, endpoint: 'messages', model: 'claude-haiku-5-5', status: 200, usd: 0.0000013, estimated: false },
      { label, tokens: { input: 8, output: 5 }, usd: 0.0000033 },
    ]);
    // What it counted is what `usage` tells, in the same dollars.
    const { rows } = JSON.parse((await world.run(['usage', '--json'])).stdout);
    expect(rows).toMatchObject([{ name: 'production', requests: 2, totalTokens: 22, usd: 0.0000046 }]);
    expect((await world.run(['gateway', 'logs', '--grant', label])).stdout).toMatch(
      /\d\d:\d\d:\d\d e2e-\d+ +messages +claude-haiku-5-5 +200 +9 +\$0\.000001/,
    );
  });

  test('tells who asked for what while it is asked, until Ctrl-C', async () => {
    const [one, other] = [await grant(), await grant('--models', 'claude-opus-*')];
    const { address } = await gateway();
    await ask(address, { token: one.token });
    await until(async () => JSON.parse((await world.run(['gateway', 'logs', '--json'])).stdout).requests.length > 0);
    const [node, script] = PROGRAM;
    const env = cleanEnvironment(world.env);
    const followers = [[], ['--grant', other.label]].map((options) => {
      const child = spawn(node, [script, 'gateway', 'logs', '--follow', '--since', '5m', ...options], { env });
      onTestFinished(() => void child.kill('SIGKILL'));
      let text = '';
      child.stdout.on('data', (data) => (text += data));
      return { child, lines: () => text.split('\n').filter((line) => /e2e-/.test(line)) };
    });
    const [all, some] = followers;
    if (all === undefined || some === undefined) throw new Error('two were started');
    const ofOne = () => all.lines().filter((line) => line.includes(`${one.label} `));
    await until(() => ofOne().length === 1);
    expect((await ask(address, { token: other.token })).status).toBe(403);
    await ask(address, { token: one.token, body: { ...HELLO, stream: true } });
    await until(() => ofOne().length === 2 && some.lines().length === 1);
    expect(ofOne()[1]).toMatch(/ messages +claude-haiku-5-5 +200 +13 +\$0\.000003 +\d+$/);
    expect(some.lines()).toEqual([expect.stringMatching(/ claude-haiku-5-5 +403\* +- +- +\d+$/)]);
    expect(all.lines()).toContain(some.lines()[0]);
    for (const { child } of followers) {
      child.kill('SIGINT');
      expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    }
  });

  test('ends when its reader has left, at the next line', async () => {
    const { token } = await grant();
    const { address } = await gateway();
    const command = '"$0" "$1" gateway logs --follow | head -1; exit "$PIPESTATUS"';
    const child = spawn('bash', ['-c', command, ...PROGRAM], { env: cleanEnvironment(world.env), detached: true });
    onTestFinished(() => void (child.exitCode === null && process.kill(-(child.pid as number), 'SIGKILL')));
    let [text, complaint] = ['', ''];
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (complaint += data));
    const ended = new Promise((resolve) => child.on('close', resolve));
    await until(() => text !== '');
    await until(async () => {
      await ask(address, { token });
      return child.exitCode !== null;
    });
    expect([await ended, text.split('\n').length, complaint]).toEqual([0, 2, '']);
  });

  test.each([
    [['--follow', '--json'], 2],
    [['--since', 'yesterday-ish'], 2],
    [['--grant', 'nobody'], 0],
  ])('logs %j is exit %d', async (options, code) => {
    const { code: ended, stdout } = await world.run(['gateway', 'logs', ...options]);
    expect([ended, options.includes('--json') ? '' : stdout]).toEqual([code, '']);
  });

  test('killed again and again, has counted everything that it let through', async () => {
    const { token, label } = await grant('--rpm', '1000', '--tokens-per-day', '100k');
    let answered = 0;
    for (let round = 0; round < 3; round += 1) {
      const { address, child } = await gateway();
      const clients = Array.from({ length: 8 }, async () => {
        for (;;) {
          const answer = await ask(address, { token }).catch(() => null);
          if (answer?.status !== 200) return;
          answered += 1;
          if (answered % 60 === 0) child.kill('SIGKILL');
        }
      });
      await Promise.all(clients);
    }
    const { grant: shown } = JSON.parse((await world.run(['grant', 'show', label, '--json'])).stdout);
    expect(answered).toBeGreaterThanOrEqual(180);
    expect(shown.used.requests).toBeGreaterThanOrEqual(answered);
    expect(shown.used.tokens).toBeGreaterThanOrEqual(answered * 9);
    // What was under way at a kill stays set aside, and nothing else.
    expect(shown.used.requests).toBeLessThanOrEqual(answered + 3 * 8);
  });

  test('at a Unix socket is for its owner alone, and takes the place of one that was killed', async () => {
    const { token } = await grant();
    const path = join(world.home, 'gateway.sock');
    (await gateway('--unix', path)).child.kill('SIGKILL');
    await until(() => existsSync(path));
    await gateway('--unix', path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const status = await new Promise((resolve, reject) => {
      const headers = { 'x-api-key': token, 'anthropic-version': '2023-06-01' };
      request({ socketPath: path, path: '/v1/models', headers }, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
    const second = await world.run(['gateway', '--unix', path]);
    expect([second.code, second.stderr]).toEqual([4, expect.stringContaining('another program listens at')]);
  });

  test.skipIf(process.platform === 'win32')('opens no debugger', async () => {
    const { child, address } = await gateway();
    child.kill('SIGUSR1');
    expect((await ask(address, {})).status).toBe(401);
  });

  test('has the key in none of its files, its output or its environment', async () => {
    const { token } = await grant();
    const { address, child, output } = await gateway('--metrics');
    for (const headers of [{}, { authorization: `Bearer ${secret}` }]) await ask(address, { token, headers });
    await ask(address, { token: secret });
    await ask(address, { token, path: `/v1/messages?key=${token}` });
    child.kill('SIGTERM');
    await new Promise((resolve) => child.on('exit', resolve));
    const files = readdirSync(world.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const needle of [secret.slice(20, 60), token.slice(4)]) {
      expect(output()).not.toContain(needle);
      expect(files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(needle))).toEqual([]);
    }
  });
});

describe('exec --shield', () => {
  const CALL = `const r = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/models', { headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01' } });
    console.log(JSON.stringify({ status: r.status, env: process.env }));`;
  const node = [process.execPath, '--input-type=module', '-e'];

  test('gives the child a token that works, and the key nowhere', async () => {
    const env = { ANTHROPIC_API_KEY: secret, HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'example.com' };
    const { code, stdout, stderr } = await world.run(['exec', 'production', '--shield', '--', ...node, CALL], { env });
    expect([code, stderr]).toEqual([0, '']);
    const child = JSON.parse(stdout);
    expect(child.status).toBe(200);
    expect(child.env.ANTHROPIC_API_KEY).toMatch(/^ckg_/);
    expect(child.env.NO_PROXY).toBe('example.com,127.0.0.1,localhost');
    expect(stdout).not.toContain(secret.slice(20, 60));
    // And is worth nothing once the child has ended.
    await expect(ask(child.env.ANTHROPIC_BASE_URL, { token: child.env.ANTHROPIC_API_KEY })).rejects.toThrow();
  });

  test('lets a script with the official SDK work, which finds the key nowhere', async () => {
    const control = join(world.home, 'tmp', 'control');
    mkdirSync(join(world.home, 'tmp'));
    writeFileSync(control, `a file with ${makeKey()} in it`);
    const script = fileURLToPath(new URL('shielded.mjs', import.meta.url));
    const argv = ['exec', 'production', '--shield', '--', PROGRAM[0], script];
    const { code, stdout, stderr } = await world.run(argv, { env: { TMPDIR: join(world.home, 'tmp') } });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      text: 'Hi',
      events: expect.arrayContaining(['message_start', 'content_block_delta', 'message_stop']),
      input_tokens: 8,
      wrong: 'NotFoundError',
      seen: [control],
    });
  });

  test.each([
    ['exit 7', 7],
    ['kill -TERM $$', 143],
  ])('ends as the child does: %s', async (script, code) => {
    expect((await world.run(['exec', 'production', '--shield', '--', 'sh', '-c', script])).code).toBe(code);
  });

  test('with a grant has its limits, of now', async () => {
    const { label } = await grant('--endpoints', 'messages');
    const { stdout } = await world.run(['exec', '--grant', label, '--', ...node, CALL]);
    expect(JSON.parse(stdout).status).toBe(403);
    await world.run(['grant', 'revoke', label]);
    const after = await world.run(['exec', '--grant', label, '--', 'true']);
    expect([after.code, after.stderr]).toEqual([3, expect.stringContaining(`the grant ${label} is revoked`)]);
  });

  test.each([
    [['exec', 'production', '--shield', '--var', 'X', '--', 'true'], 2],
    [['exec', 'nobody', '--shield', '--', 'true'], 3],
    [['exec', '--grant', 'nobody', '--', 'true'], 3],
    [['exec', 'production', '--shield', '--', 'no-such-command'], 127],
  ])('%j is exit %d', async (argv, code) => {
    expect((await world.run(argv)).code).toBe(code);
  });

  test('without --shield starts no gateway', async () => {
    const { stdout } = await run(PROGRAM[0], [PROGRAM[1], 'exec', 'production', '--', 'env'], { env: world.env });
    expect(stdout).toContain(`ANTHROPIC_BASE_URL=${world.api.url}`);
  });
});
