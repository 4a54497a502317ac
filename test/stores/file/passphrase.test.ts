import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Decrypter, Encrypter } from 'age-encryption';
import { describe, expect, test, vi } from 'vitest';
import { Secret } from '../../../src/keys/secret.ts';
import { temporaryFolder } from '../../support/host.ts';
import { requireTools } from '../../support/require.ts';
import { Scene, slot } from './scene.ts';

// Real processes and real work, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

// Each scrypt takes a second: these tests do as much as they can with each store they make.

const WITH = { env: { CLAUDE_KEYS_PASSPHRASE: 'correct horse' } };
const LOCKED = { code: 'store_locked', message: /protected by a passphrase/, hint: /CLAUDE_KEYS_PASSPHRASE/ };

/** A store whose identity is sealed with "correct horse", and what its files say of that. */
async function sealed(): Promise<Scene> {
  const scene = new Scene();
  await scene.run(WITH).store.set(slot('there'), new Secret('value'));
  return scene;
}

/** An identity sealed by typage with less work than real ones, so that a test of something else is quick. */
async function quicklySealed(binary = false): Promise<Scene> {
  const scene = new Scene();
  await scene.put('there', 'value');
  const encrypter = new Encrypter();
  encrypter.setPassphrase('correct horse');
  encrypter.setScryptWorkFactor(10);
  const file = await encrypter.encrypt(readFileSync(scene.paths.identityFile));
  scene.overwrite(scene.paths.identityFile, binary ? file : armor.encode(file));
  return scene;
}

describe('a new identity', () => {
  test('is sealed with the passphrase as age does, opened with it once a run, and with no other', async () => {
    const scene = await sealed();
    const { identityFile, secretsFile } = scene.paths;
    const file = readFileSync(identityFile, 'utf8');
    expect(file).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    expect(statSync(identityFile).mode & 0o777).toBe(0o600);
    const decrypter = new Decrypter();
    decrypter.addPassphrase('correct horse');
    expect(await decrypter.decrypt(armor.decode(file), 'text')).toMatch(/\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$/);

    const { store, stderr } = scene.run(WITH);
    expect(await scene.read('there', store)).toBe('value');
    const begun = performance.now();
    await store.set(slot('another'), new Secret('other value'));
    for (let round = 0; round < 10; round += 1) expect(await scene.read('another', store)).toBe('other value');
    expect(performance.now() - begun, 'scrypt ran again').toBeLessThan(300);
    expect(stderr()).toBe('');
    expect(readFileSync(identityFile, 'utf8')).toBe(file);

    if (requireTools('age', 'script')) {
      const output = ageOnTerminal(`age -d -i ${identityFile} ${secretsFile}`, 'correct horse');
      expect(output).toContain('"there": "value"');
      expect(ageOnTerminal(`age -d -i ${identityFile} ${secretsFile}`, 'wrong horse')).not.toContain('value');
    }
    await scene.expectFailure(LOCKED);
  });

  test('with the passphrase in a file: its first line counts', async () => {
    const scene = new Scene();
    const file = join(temporaryFolder(), 'passphrase');
    writeFileSync(file, ' pass phrase \r\nsecond line\n');
    const options = { env: { CLAUDE_KEYS_PASSPHRASE_FILE: file } };
    await scene.run(options).store.set(slot('there'), new Secret('value'));
    const other = scene.run({ env: { CLAUDE_KEYS_PASSPHRASE: ' pass phrase ' } });
    expect(await scene.read('there', other.store)).toBe('value');
  });

  test('is not asked for at a terminal', async () => {
    const scene = new Scene();
    await scene.run({ stdinIsTTY: true }).store.set(slot('there'), new Secret('value'));
    expect(readFileSync(scene.paths.identityFile, 'utf8')).toMatch(/^# created/);
  });
});

/** Runs a command that asks on the terminal, with one that types the answer. */
function ageOnTerminal(command: string, answer: string): string {
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { input: `${answer}\n`, timeout: 20_000 });
  return stdout.toString();
}

describe('an identity that is sealed', () => {
  test.each([false, true])('may be binary: %s', async (binary) => {
    const scene = await quicklySealed(binary);
    expect(await scene.read('there', scene.run(WITH).store)).toBe('value');
    await scene.expectFailure(LOCKED);
  });

  test.skipIf(!requireTools('age', 'script'))('may be sealed by age -p', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const { identityFile } = scene.paths;
    const command = `age -p -o ${identityFile}.sealed ${identityFile}`;
    spawnSync('script', ['-qec', command, '/dev/null'], { input: 'correct horse\ncorrect horse\n', timeout: 20_000 });
    execFileSync('mv', [`${identityFile}.sealed`, identityFile]);
    expect(await scene.read('there', scene.run(WITH).store)).toBe('value');
  });

  test('the wrong passphrase: says so and where it came from, and changes nothing', async () => {
    const scene = await quicklySealed();
    const file = join(temporaryFolder(), 'passphrase');
    writeFileSync(file, 'wrong');
    const wrong = { code: 'wrong_passphrase', message: /not the passphrase of .*identity\.txt/ };
    await scene.expectFailure(
      { ...wrong, hint: /CLAUDE_KEYS_PASSPHRASE$/ },
      { env: { CLAUDE_KEYS_PASSPHRASE: 'wrong' } },
    );
    await scene.expectFailure({ ...wrong, hint: /_FILE$/ }, { env: { CLAUDE_KEYS_PASSPHRASE_FILE: file } });
    const mistyped = { stdinIsTTY: true, prompter: { secret: async () => 'wrong' } };
    await scene.expectFailure({ ...wrong, hint: /run the same command again/ }, mistyped);
  });

  test('at a terminal it is asked for once, however many keys are read at once', async () => {
    const scene = await quicklySealed();
    const asked: string[] = [];
    const secret = async (question: string) => {
      asked.push(question);
      return 'correct horse';
    };
    const { store } = scene.run({ stdinIsTTY: true, prompter: { secret } });
    const values = await Promise.all(Array.from({ length: 5 }, () => scene.read('there', store)));
    await store.set(slot('another'), new Secret('other value'));
    expect(values).toEqual(Array.from({ length: 5 }, () => 'value'));
    expect(asked).toEqual([`Passphrase for ${scene.paths.identityFile}`]);
  });

  test('a mistyped passphrase is asked for again, an interrupted question ends the command', async () => {
    const scene = await quicklySealed();
    const answers = ['wrong', 'correct horse'];
    const { store } = scene.run({ stdinIsTTY: true, prompter: { secret: async () => answers.shift() ?? '' } });
    await expect(store.get(slot('there'))).rejects.toMatchObject({ code: 'wrong_passphrase' });
    expect(await scene.read('there', store)).toBe('value');
  });

  test('no lock is held while the person thinks', async () => {
    const scene = await quicklySealed();
    const secret = async () => {
      expect(Object.keys(scene.onDisk())).toEqual(['identity.txt', 'keys.age']);
      const other = scene.run(WITH).store;
      await other.set(slot('meanwhile'), new Secret('written'));
      return 'correct horse';
    };
    const { store } = scene.run({ stdinIsTTY: true, prompter: { secret } });
    await store.set(slot('there'), new Secret('new'));
    expect(await scene.read('meanwhile', store)).toBe('written');
    expect(await scene.read('there', store)).toBe('new');
  });

  test('is not asked for where there is nothing to read', async () => {
    const scene = await quicklySealed();
    execFileSync('rm', [scene.paths.secretsFile]);
    expect(await scene.run().store.get(slot('there'))).toBeNull();
    expect(await scene.run().store.delete(slot('there'))).toBe(false);
  });

  test.each([
    ['a changed byte', (text: string) => text.replace(/.(?=.{20}\n-----END)/, (found) => (found === 'A' ? 'B' : 'A'))],
    ['a missing line', (text: string) => text.split('\n').toSpliced(-3, 1).join('\n')],
    ['rubbish behind it', (text: string) => `${text}rubbish`],
  ])('damaged by %s: says so', async (_, damage) => {
    const scene = await quicklySealed();
    const { identityFile } = scene.paths;
    scene.overwrite(identityFile, damage(readFileSync(identityFile, 'utf8')));
    await scene.expectFailure({ code: 'store_damaged', message: /cut off or changed/, hint: /from a backup/ }, WITH);
  });

  test('with a work factor that is meant to harm is refused at once', async () => {
    const scene = await quicklySealed(true);
    const { identityFile } = scene.paths;
    const file = readFileSync(identityFile).toString('latin1');
    scene.overwrite(identityFile, Buffer.from(file.replace(/(-> scrypt \S+) 10\n/, '$1 30\n'), 'latin1'));
    await scene.expectFailure({ code: 'store_damaged', message: /cut off or changed/, hint: /from a backup/ }, WITH);
  });

  test('encrypted to a key in place of a passphrase: says so', async () => {
    const scene = await quicklySealed();
    scene.overwrite(scene.paths.identityFile, readFileSync(scene.paths.secretsFile));
    await scene.expectFailure(
      { code: 'store_damaged', message: /not encrypted with a passphrase/, hint: /backup/ },
      WITH,
    );
  });
});

describe('what the environment says', () => {
  test.each([
    [{ CLAUDE_KEYS_PASSPHRASE: '' }, /CLAUDE_KEYS_PASSPHRASE is set but empty/],
    [{ CLAUDE_KEYS_PASSPHRASE: '', CLAUDE_KEYS_PASSPHRASE_FILE: '/etc/hostname' }, /CLAUDE_KEYS_PASSPHRASE is set/],
    [{ CLAUDE_KEYS_PASSPHRASE_FILE: '' }, /CLAUDE_KEYS_PASSPHRASE_FILE is set but empty/],
    [{ CLAUDE_KEYS_PASSPHRASE_FILE: '/nowhere/at/all' }, /cannot be read: \/nowhere\/at\/all/],
    [{ CLAUDE_KEYS_PASSPHRASE_FILE: '/' }, /cannot be read/],
    [{ CLAUDE_KEYS_PASSPHRASE_FILE: '/dev/null' }, /no passphrase in its first line: \/dev\/null/],
  ])('%j is an error of usage, and no identity is made without the passphrase', async (env, message) => {
    const scene = new Scene();
    const usage = { code: 'usage', exitCode: 2, message: expect.stringMatching(message), hint: expect.any(String) };
    await expect(scene.run({ env }).store.set(slot('there'), new Secret('value'))).rejects.toMatchObject(usage);
    const other = await quicklySealed();
    await expect(other.run({ env }).store.get(slot('there'))).rejects.toMatchObject(usage);
    expect(await scene.store.get(slot('there'))).toBeNull();
  });

  test('an empty first line is no passphrase', async () => {
    const file = join(temporaryFolder(), 'passphrase');
    writeFileSync(file, '\nsecond\n');
    const { store } = new Scene().run({ env: { CLAUDE_KEYS_PASSPHRASE_FILE: file } });
    await expect(store.set(slot('there'), new Secret('value'))).rejects.toMatchObject({ code: 'usage' });
  });

  test('a passphrase that comes too late protects nothing: that is said, once', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const { store, stderr } = scene.run(WITH);
    await store.set(slot('there'), new Secret('new'));
    await store.set(slot('there'), new Secret('newer'));
    expect(stderr()).toBe(
      `claude-keys: warning: ${scene.paths.identityFile} is not protected by the passphrase: it was made without one\n` +
        'claude-keys: hint: protect it, in its folder: age -p -o identity.new identity.txt && mv identity.new identity.txt\n',
    );
    expect(await scene.read('there', store)).toBe('newer');
  });
});
