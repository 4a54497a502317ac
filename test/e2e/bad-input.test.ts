import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { World } from '../support/world.ts';

/**
 * Everything that people and accidents put in, through the front door of the built program: it says what is wrong and
 * what to do, exits with the contract's code, and changes nothing.
 */
interface BadInput {
  readonly what: string;
  readonly argv: readonly string[];
  readonly code: number;
  /** What the message must say. */
  readonly says: string;
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** What happened to the machine before. */
  readonly damage?: (home: string) => void;
}

const KEY = makeKey();
const ADD = ['add', 'new', '--no-verify'];
const pasted = (what: string, input: string | Buffer, says: string): BadInput => ({
  what,
  argv: ADD,
  input,
  code: 2,
  says,
});
const line = (what: string, argv: readonly string[], says: string, code = 2): BadInput => ({
  what,
  argv,
  code,
  says,
  input: KEY,
});
const damaged = (
  what: string,
  code: number,
  says: string,
  damage: BadInput['damage'],
  argv = ['print', 'prod'],
): BadInput => ({
  what,
  argv,
  code,
  says,
  input: KEY,
  ...(damage && { damage }),
});

const PASTED: readonly BadInput[] = [
  pasted('nothing', '', 'nothing came on standard input'),
  pasted('only spaces', ' \n\t\n', 'nothing came on standard input'),
  pasted('a cut-off key', KEY.slice(0, 80), 'it was cut off: it has 80 characters'),
  pasted('the prefix alone', KEY.slice(0, 13), 'it is no key'),
  pasted('a key with something on its end', `${KEY}abc`, '111 characters'),
  pasted('a key with a changed end', `${KEY.slice(0, -2)}BB`, 'its end was changed'),
  pasted('inner spaces', `${KEY.slice(0, 40)} ${KEY.slice(40)}`, 'a space stands in it'),
  pasted('a key broken over lines', `${KEY.slice(0, 40)}\n${KEY.slice(40)}`, 'a line break'),
  pasted('curly quotes', `“${KEY}”`, 'a curly quote'),
  pasted('a NUL', `${KEY.slice(0, 40)}\0${KEY.slice(41)}`, 'a NUL'),
  pasted('an escape sequence', `\u001b[31m${KEY}`, 'a control character'),
  pasted('two keys', `${KEY}\n${makeKey()}\n`, 'more than one key'),
  pasted('the redacted form', 'sk-ant-api03-R2D...igAA', 'a redacted key'),
  pasted('a megabyte of noise', Buffer.alloc(1 << 20, 'noise'), 'that is no key'),
  pasted(
    'a kilobyte of random bytes',
    Buffer.from(Array.from({ length: 1024 }, (_, i) => (i * 151) % 256)),
    'stands in it',
  ),
  pasted('an OpenAI key', `sk-proj-${'a1'.repeat(60)}`, 'a key of another service'),
  pasted('a GitHub token', `ghp_${'a1'.repeat(18)}`, 'a GitHub token'),
  pasted('an AWS key', `AKIA${'A1'.repeat(8)}`, 'an AWS access key'),
  pasted('a refresh token', makeKey('sk-ant-ort01-'), 'a refresh token'),
  pasted('a session cookie', makeKey('sk-ant-sid01-'), 'session cookie'),
  pasted('an unknown prefix', makeKey('sk-ant-zzz99-'), 'no Claude key'),
  pasted('a word', 'password123', 'it is no key'),
];

const LINES: readonly BadInput[] = [
  line('an unknown command', ['frobnicate'], "unknown command 'frobnicate'"),
  line('a mistyped command', ['stauts'], "unknown command 'stauts'"),
  line('an unknown option', ['add', 'new', '--colour'], "unknown option '--colour'"),
  line('an option of another command', ['print', 'prod', '--retire', 'now'], "unknown option '--retire'"),
  line('an option without its value', ['add', 'new', '--env'], 'argument missing'),
  line('an unknown store', ['add', 'new', '--store', 'cloud'], '"cloud" is not a store'),
  { ...line('an unknown store in the variable', ADD, '"cloud" is not a store'), env: { CLAUDE_KEYS_STORE: 'cloud' } },
  line(
    'a store that is not there',
    ['add', 'new', '--no-verify', '--store', 'keychain'],
    'the system keychain cannot be used',
    4,
  ),
  line('too many arguments', ['print', 'prod', 'again'], 'too many arguments'),
  line('a missing argument', ['retire'], "missing required argument 'name'"),
  line('a name with a space', ['add', 'my key', '--no-verify'], '"my key" is not a key name'),
  line('a name with a slash', ['add', '../prod', '--no-verify'], 'is not a key name'),
  line('a name with a slot', ['add', 'prod@pending', '--no-verify'], 'is not a key name'),
  line('a name in another alphabet', ['add', 'ключ', '--no-verify'], 'is not a key name'),
  line('a name of 65 letters', ['add', 'a'.repeat(65), '--no-verify'], 'is not a key name'),
  line('an empty name', ['add', '', '--no-verify'], 'is not a key name'),
  line('a name that begins with a dot', ['add', '.prod', '--no-verify'], 'is not a key name'),
  line('a secret as a name', ['add', KEY], 'is a secret, not a name'),
  line('a cut-off secret as a name', ['print', KEY.slice(0, 30)], 'is a secret, not a name'),
  line('a secret as a value', ['add', 'new', '--note', KEY], 'is a secret, not a name'),
  line('no name', ['add', '--no-verify'], 'the key needs a name'),
  line('a taken name', ['add', 'prod', '--no-verify'], 'there already is a key named prod'),
  line('a key that is not there', ['print', 'staging'], 'there is no key named staging', 3),
  line('a key to rotate that is not there', ['rotate', 'staging'], 'there is no key named staging', 3),
  line(
    'a key to replace that is not there and unclear options',
    ['rotate', 'prod', '--retire', 'soon'],
    '--retire takes now, later, never or a length of time, not "soon"',
  ),
  line('an expiry in the past', ['add', 'new', '--expires', '2020-01-01'], 'already past'),
  line('an expiry that is no date', ['add', 'new', '--expires', 'soon'], 'is not a date'),
  line('a day that does not exist', ['add', 'new', '--expires', '2027-02-30'], 'is not a date'),
  line('a rotation age of zero', ['add', 'new', '--rotate-after', '0'], 'is not a number of days'),
  line('a rotation age in words', ['add', 'new', '--rotate-after', 'ninety'], 'is not a number of days'),
  line('a label of two lines', ['add', 'new', '--env', 'a\nb'], 'line break'),
  line('two sources', ['add', 'new', '--from-env', 'X', '--from-file', 'y'], 'cannot be used together'),
  line('a variable that is not set', ['add', 'new', '--from-env', 'NO_SUCH'], 'NO_SUCH is not set'),
  line('a file that is not there', ['add', 'new', '--from-file', 'no-such'], 'there is no such file'),
  line('a folder as a file', ['add', 'new', '--from-file', '.'], 'it cannot be read'),
  line('removing without a yes', ['remove', 'prod'], 'not done without a yes'),
  line('exec without a command', ['exec', 'prod'], '--'),
  line('a timeout that is no number', ['verify', 'prod', '--timeout', 'long'], 'number'),
  line('a setting that is not there', ['config', 'set', 'colour', 'red'], 'colour'),
  line('a value that a setting cannot have', ['config', 'set', 'rotateAfterDays', '-1'], 'rotateAfterDays'),
  {
    ...line('a rotation to another kind', ['rotate', 'prod', '--no-verify'], 'of the kind admin'),
    input: makeAdminKey(),
  },
  {
    ...line('a host that no key may go to', ['verify', 'prod'], 'evil.example', 6),
    env: { ANTHROPIC_BASE_URL: 'https://evil.example' },
  },
  { ...line('plain http', ['verify', 'prod'], 'http', 6), env: { ANTHROPIC_BASE_URL: 'http://api.anthropic.com' } },
];

const inHome = (file: string, change: (path: string) => void) => (home: string) => change(join(home, file));
const write = (file: string, content: string | Buffer) => inHome(file, (path) => writeFileSync(path, content));

const DAMAGED: readonly BadInput[] = [
  damaged('a registry that is no JSON', 4, 'the registry', write('registry.json', '{"version": 1, "keys": [')),
  damaged('an empty registry', 4, 'the registry', write('registry.json', '')),
  damaged('a registry of another shape', 4, 'the registry', write('registry.json', '{"keys": {}}')),
  damaged(
    'a registry of a later version',
    4,
    'the registry',
    write('registry.json', '{"version": 2, "default": null, "keys": []}'),
  ),
  damaged('a registry that is a folder', 4, 'the registry', inHome('registry.json', asFolder)),
  damaged('a damaged registry, adding', 4, 'the registry', write('registry.json', 'x'), ADD),
  damaged('a damaged registry, listing', 4, 'the registry', write('registry.json', 'x'), ['status']),
  damaged('a config that is no JSON', 2, 'config.json', write('config.json', '{store: file}'), ADD),
  damaged('a config with a mistyped setting', 2, 'config.json', write('config.json', '{"stroe": "file"}'), ADD),
  damaged('a config with a wrong value', 2, 'config.json', write('config.json', '{"store": "cloud"}'), ADD),
  damaged('a damaged config, setting', 2, 'config.json', write('config.json', '['), ['config', 'set', 'store', 'file']),
  damaged(
    'a cut-off keys.age',
    4,
    'keys.age',
    inHome('keys.age', (path) => truncateSync(path, statSync(path).size - 20)),
  ),
  damaged('an empty keys.age', 4, 'keys.age', write('keys.age', '')),
  damaged('a keys.age that is something else', 4, 'keys.age', write('keys.age', 'hello\n')),
  damaged('a keys.age with a changed byte', 4, 'keys.age', inHome('keys.age', flipLastByte)),
  damaged('a damaged keys.age, adding', 4, 'keys.age', write('keys.age', 'hello\n'), ADD),
  damaged(
    'a missing identity.txt',
    4,
    'identity.txt',
    inHome('identity.txt', (path) => rmSync(path)),
  ),
  damaged(
    'a missing identity.txt, adding',
    4,
    'identity.txt',
    inHome('identity.txt', (path) => rmSync(path)),
    ADD,
  ),
  damaged('a foreign identity.txt', 4, 'identity', useForeignIdentity),
  damaged('an identity.txt that is something else', 4, 'identity.txt', write('identity.txt', 'hello\n')),
  damaged(
    'a missing keys.age',
    4,
    'no secret for prod',
    inHome('keys.age', (path) => rmSync(path)),
  ),
];

let world: World;
let pristine: string;
let foreign: string;
beforeAll(async () => {
  world = await World.start('file');
  expect((await world.run(['add', 'prod', '--no-verify'], { input: makeKey() })).code).toBe(0);
  pristine = join(world.home, 'pristine');
  cpSync(home(), pristine, { recursive: true });
  foreign = join(world.home, 'foreign');
  await world.run(['add', 'prod', '--no-verify'], { input: makeKey(), env: { CLAUDE_KEYS_HOME: foreign } });
});
afterAll(() => world.stop());
beforeEach(() => {
  rmSync(home(), { recursive: true, force: true });
  cpSync(pristine, home(), { recursive: true });
  chmodSync(home(), 0o700);
});

function home(): string {
  return join(world.home, 'claude-keys');
}

function useForeignIdentity(folder: string): void {
  cpSync(join(foreign, 'identity.txt'), join(folder, 'identity.txt'));
}

function asFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

function flipLastByte(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
}

/** Every file in the home with its content, but for the lock's tickets. */
function everything(): Record<string, string> {
  // Locks are files too, and the whole rotation of a key has one.
  const files = readdirSync(home()).filter((file) => !file.includes('.lock.') && file !== 'locks');
  return Object.fromEntries(
    files.map((file) => [
      file,
      statSync(join(home(), file)).isFile() ? readFileSync(join(home(), file), 'hex') : 'folder',
    ]),
  );
}

describe.each([
  ['what is pasted', PASTED],
  ['the command line', LINES],
  ['damaged files', DAMAGED],
])('%s', (_, cases) => {
  test.each(cases)('$what', async ({ argv, input = '', env = {}, damage, code, says }) => {
    damage?.(home());
    const before = everything();
    const result = await world.run(argv, { input, env });
    expect(result, result.stderr).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(says);
    expect(result.stderr).toMatch(/^claude-keys: hint: ./m);
    expect(result.stderr).not.toContain(KEY.slice(20, 40));
    expect(everything()).toEqual(before);

    const json = await world.run([argv[0] ?? '', '--json', ...argv.slice(1)], { input, env });
    expect(json.code).toBe(code);
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: expect.any(String), message: expect.any(String), hint: expect.any(String) },
    });
  });
});

describe.skipIf(process.platform === 'win32')('an empty HOME', () => {
  test('is the home folder that the system knows, and not the current one', async () => {
    const env = { HOME: '', CLAUDE_KEYS_HOME: undefined };
    const { code, stdout } = await world.run(['claude-code', 'status', '--json'], { env });
    expect(code).toBe(0);
    for (const { file } of JSON.parse(stdout).settings) expect(file).toMatch(/^\//);
    const { checks } = JSON.parse((await world.run(['doctor', '--json'], { env })).stdout);
    expect(JSON.stringify(checks)).not.toMatch(/"\.(?:local|config)\b|[ "]\.(?:local|config)\//);
  });
});
