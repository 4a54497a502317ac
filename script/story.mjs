import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is typed, with a word about it; `before` is what happens elsewhere meanwhile, `more` is not in the picture. */
const STORY = [
  {
    comment: 'A key from the Console, here in a file. It is tested with a real call before it is stored.',
    line: 'claude-keys add production --env production --rotate-after 90 --from-file from-console.txt',
  },
  { comment: 'What is stored. This reads no secret.', line: 'claude-keys status' },
  { comment: 'Does it work?', line: 'claude-keys verify' },
  {
    comment: 'A program that gets the key from its environment, and nothing from its files.',
    line: 'claude-keys exec production -- node ask.mjs',
  },
  { comment: 'The same for this shell.', line: 'eval "$(claude-keys export production)" && node ask.mjs' },
  {
    comment: 'A new key takes the place of the old one. At no moment is there none that works.',
    line: 'claude-keys rotate production --from-file new-from-console.txt',
  },
  {
    comment: 'The old one was switched off in the Console.',
    before: (api) => api.disable('old'),
    line: 'claude-keys retire production --yes',
  },
  { more: true, line: 'claude-keys status' },
  { more: true, line: 'claude-keys exec production -- node ask.mjs' },
];

const ASK = `const answer = await fetch(new URL('/v1/messages', process.env.ANTHROPIC_BASE_URL), {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
    'x-api-key': process.env.ANTHROPIC_API_KEY,
  },
  body: JSON.stringify({
    model: 'claude-haiku-4-5',
    max_tokens: 20,
    messages: [{ role: 'user', content: 'Say hi.' }],
  }),
});
const { content, error } = await answer.json();
console.log(answer.status, error?.message ?? \`Claude says: \${content[0].text}\`);
`;

/**
 * Runs the story line by line and gives each with its output.
 * @param {boolean} color whether the output has colours, as on a terminal
 */
export async function* story(color) {
  if (!existsSync(join(root, 'dist'))) throw new Error('the program is not built yet: npm ci');
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-demo-'));
  const api = await startApi();
  try {
    const keys = { old: makeKey(), new: makeKey() };
    for (const key of Object.values(keys)) await api.register(key);
    const env = prepare(folder, keys, api.url, color);
    for (const { comment, before, more = false, line } of STORY) {
      await before?.({ disable: (which) => api.disable(keys[which]) });
      yield { comment, more, line, output: typed(line, join(folder, 'project'), env) };
    }
  } finally {
    api.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A project folder with what the story needs; the environment of its shell. */
function prepare(folder, keys, url, color) {
  const [bin, project, home] = ['bin', 'project', 'home'].map((name) => join(folder, name));
  for (const each of [bin, project, home]) mkdirSync(each);
  symlinkSync(join(root, 'bin/claude-keys.js'), join(bin, 'claude-keys'));
  symlinkSync(process.execPath, join(bin, 'node'));
  writeFileSync(join(project, 'from-console.txt'), `${keys.old}\n`, { mode: 0o600 });
  writeFileSync(join(project, 'new-from-console.txt'), `${keys.new}\n`, { mode: 0o600 });
  writeFileSync(join(project, 'ask.mjs'), ASK);
  return {
    PATH: [bin, process.env.PATH].join(delimiter),
    HOME: home,
    SHELL: '/bin/sh',
    CLAUDE_KEYS_STORE: 'file', // The machine's own keychain is not touched.
    ANTHROPIC_BASE_URL: url,
    [color ? 'FORCE_COLOR' : 'NO_COLOR']: '1',
  };
}

/** Both of the command's streams in one, as a terminal shows them. */
function typed(line, cwd, env) {
  const { stdout, status, error } = spawnSync('sh', ['-c', `exec 2>&1; ${line}`], { cwd, env, encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw new Error(`${line}: exit ${status}\n${stdout}`, { cause: error });
  return stdout;
}

/** The stand-in for the service, as a process of its own that ends with this one. */
async function startApi() {
  const server = spawn(process.execPath, [join(root, 'test/support/standin/serve.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
  const { url, control } = JSON.parse(line);
  const send = async (method, body) => {
    const answer = await fetch(`${control}/_standin/keys`, { method, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  return {
    url,
    register: (secret) => send('POST', { secret }),
    disable: (key) => send('PATCH', { key, state: 'inactive' }),
    stop: () => void server.stdin.end(),
  };
}

/** A key of the real form that no service knows. */
function makeKey() {
  return `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
}
