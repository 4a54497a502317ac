import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Secret } from '../../../src/keys/secret.ts';
import { slotOf } from '../../../src/keys/slot.ts';
import { open } from '../../../src/stores/file/index.ts';
import { TestMachine, temporaryFolder } from '../../support/host.ts';
import { requireTools } from '../../support/require.ts';
import { makeKey } from '../../support/secrets.ts';
import { Scene, slot } from './scene.ts';

// Real processes and real work, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a machine without a store', () => {
  test('looking and deleting find nothing, and make nothing', async () => {
    const { store, paths } = new Scene();
    expect(await store.get(slot('none'))).toBeNull();
    expect(await store.delete(slot('none'))).toBe(false);
    expect(existsSync(paths.data)).toBe(false);
  });

  test('the first secret makes an identity as age-keygen does, and nobody else may read either', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const scene = new Scene();
    await scene.put('there', 'value');
    const { data, identityFile, secretsFile } = scene.paths;
    expect(readFileSync(identityFile, 'utf8')).toMatch(
      /^# created: 2026-11-24T12:00:00Z\n# public key: age1[a-z0-9]{58}\nAGE-SECRET-KEY-1[A-Z0-9]{58}\n$/,
    );
    expect([data, identityFile, secretsFile].map(modeOf)).toEqual([0o700, 0o600, 0o600]);
    expect(readdirSync(data).sort()).toEqual(['identity.txt', 'keys.age', 'keys.age.lock.1']);
    expect(scene.ctx.stderr.text).toBe('');
  });

  test('Web Crypto is not used, at whose X25519 Node 20 warns on standard error', async () => {
    const used = vi.spyOn(globalThis.crypto.subtle, 'importKey');
    const scene = new Scene();
    await scene.put('there', 'value');
    expect(await scene.read('there')).toBe('value');
    expect(used).not.toHaveBeenCalled();
  });

  test('two first secrets at once make one identity', async () => {
    const scene = new Scene();
    const other = scene.run().store;
    await Promise.all([scene.put('one', '1'), other.set(slot('two'), new Secret('2'))]);
    expect([await scene.read('one'), await scene.read('two')]).toEqual(['1', '2']);
  });

  test('an identity that is there already is used, even with comments, CRLF and several identities', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const [created, publicKey, identity] = readFileSync(scene.paths.identityFile, 'utf8').split('\n');
    const newer = await generateX25519Identity();
    const text = `${created}\r\n\r\n${newer}\r\n${publicKey}\r\n${identity}\r\n`;
    scene.overwrite(scene.paths.identityFile, text);
    expect(await scene.read('there')).toBe('value');
    await scene.put('another', 'other value');
    expect(readFileSync(scene.paths.identityFile, 'utf8')).toBe(text);
    scene.overwrite(scene.paths.identityFile, newer);
    expect([await scene.read('there'), await scene.read('another')]).toEqual(['value', 'other value']);
  });
});

describe('the files', () => {
  test.skipIf(!requireTools('age'))('are opened by the age program', async () => {
    const scene = new Scene();
    const value = makeKey();
    await scene.put('prod', value);
    await scene.store.set(slotOf('prod', 'pending'), new Secret('with "quotes" and \u{1f511}'));
    const { identityFile, secretsFile } = scene.paths;
    const opened = execFileSync('age', ['-d', '-i', identityFile, secretsFile]).toString();
    expect(JSON.parse(opened)).toEqual({ prod: value, 'prod@pending': 'with "quotes" and \u{1f511}' });
    expect(opened.endsWith('}\n')).toBe(true);
  });

  test.skipIf(!requireTools('age'))('may be written by the age program', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const { identityFile, secretsFile } = scene.paths;
    execFileSync('age', ['-e', '-i', identityFile, '-o', secretsFile], { input: '{"by-hand": "by hand"}' });
    expect(await scene.read('by-hand')).toBe('by hand');
    expect(await scene.read('there')).toBeUndefined();
  });

  test('hold no secret in the clear', async () => {
    const scene = new Scene();
    const value = makeKey();
    await scene.put('prod', value);
    for (const name of readdirSync(scene.paths.data)) {
      expect(readFileSync(join(scene.paths.data, name)).includes(value.slice(20, 40)), name).toBe(false);
    }
  });

  test('are narrowed on write when they were opened to others', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const { data, identityFile, secretsFile } = scene.paths;
    for (const path of [identityFile, secretsFile]) chmodSync(path, 0o644);
    chmodSync(data, 0o755);
    await scene.put('there', 'new');
    expect([data, identityFile, secretsFile].map(modeOf)).toEqual([0o700, 0o600, 0o600]);
  });

  test('may be links to another place', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const elsewhere = temporaryFolder();
    for (const file of [scene.paths.identityFile, scene.paths.secretsFile]) {
      const real = join(elsewhere, file.endsWith('.txt') ? 'identity' : 'keys');
      execFileSync('mv', [file, real]);
      symlinkSync(real, file);
    }
    await scene.put('there', 'new');
    expect(await scene.read('there')).toBe('new');
    expect(readdirSync(elsewhere).sort()).toEqual(['identity', 'keys']);
  });

  test('deleting what is not there writes nothing', async () => {
    const scene = new Scene();
    await scene.put('there', 'value');
    const before = scene.onDisk();
    expect(await scene.store.delete(slot('another'))).toBe(false);
    expect(scene.onDisk()).toEqual(before);
  });
});

describe('failures change nothing and say what to do', () => {
  async function filled(): Promise<Scene> {
    const scene = new Scene();
    await scene.put('there', 'the secret value');
    return scene;
  }

  const restore = /restore .* from a backup/;

  test.each([
    ['empty', () => Buffer.alloc(0), /it is empty/],
    ['not age', () => Buffer.from('{"there": "plain"}\n'), /it is not an age file/],
    ['zeros', (file: Buffer) => Buffer.alloc(file.length), /it is not an age file/],
    ['armored', () => Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n'), /it is armored/],
    ['cut off in its header', (file: Buffer) => file.subarray(0, 60), /cut off/],
    ['cut off in its content', (file: Buffer) => file.subarray(0, -1), /changed or cut off/],
    ['longer than it was', (file: Buffer) => Buffer.concat([file, Buffer.from('\n')]), /changed or cut off/],
    [
      'with CRLF line ends',
      (file: Buffer) => Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
      /not an age file/,
    ],
  ])('keys.age is %s', async (_, damage, message) => {
    const scene = await filled();
    const { secretsFile } = scene.paths;
    scene.overwrite(secretsFile, damage(readFileSync(secretsFile)));
    await scene.expectFailure({ code: 'store_damaged', message, hint: restore });
  });

  test('any byte of keys.age is another: never a crash, never a wrong value', async () => {
    const scene = await filled();
    const { secretsFile } = scene.paths;
    const file = readFileSync(secretsFile);
    for (let at = 0; at < file.length; at += 1) {
      for (const mask of [1, 0x20, 0x80]) {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ mask;
        writeFileSync(secretsFile, changed);
        await expect(scene.read('there'), `byte ${at}`).rejects.toMatchObject({
          name: 'UserError',
          code: 'store_damaged',
        });
      }
    }
  });

  test('keys.age is encrypted for another identity', async () => {
    const scene = await filled();
    scene.overwrite(scene.paths.identityFile, await generateX25519Identity());
    await scene.expectFailure({
      code: 'store_damaged',
      message: /keys\.age was not encrypted for this identity \(.*identity\.txt\)/,
      hint: /restore the identity\.txt that belongs to it/,
    });
  });

  test('identity.txt is missing: no new one is made', async () => {
    const scene = await filled();
    execFileSync('rm', [scene.paths.identityFile]);
    const missing = { code: 'store_damaged', message: /identity\.txt is missing/, hint: /restore identity\.txt/ };
    await scene.expectFailure(missing);
    await scene.expectFailure(missing, { env: { CLAUDE_KEYS_PASSPHRASE: 'horse' } });
    scene.overwrite(scene.paths.secretsFile, '');
    await scene.expectFailure(missing);
  });

  test.each([
    ['empty', () => '', /holds no identity/],
    ['only comments', () => '# public key: age1\n', /holds no identity/],
    ['cut off', (text: string) => text.slice(0, -20), /not a whole one/],
    ['mistyped', (text: string) => text.replace(/.(?=\n$)/, (last) => (last === 'Q' ? 'P' : 'Q')), /not a whole one/],
    ['lower case', (text: string) => text.toLowerCase(), /not a whole one/],
    ['of another kind', () => 'AGE-PLUGIN-YUBIKEY-1QQQ\n', /not a whole one/],
    ['a beginning without an end', () => 'age-encryption.org/v1\n-> scrypt', /cut off or changed/],
    ['armor with rubbish', () => '-----BEGIN AGE ENCRYPTED FILE-----\n%%\n', /cut off or changed/],
  ])('identity.txt is %s', async (_, damage, message) => {
    const scene = await filled();
    const { identityFile } = scene.paths;
    const text = readFileSync(identityFile, 'utf8');
    scene.overwrite(identityFile, damage(text));
    await scene.expectFailure(
      { code: 'store_damaged', message, hint: restore },
      { env: { CLAUDE_KEYS_PASSPHRASE: 'horse' } },
    );
    const secret = text.slice(text.indexOf('AGE-SECRET-KEY-1') + 16, -25);
    const failure = await scene.read('there').then(String, (error: Error) => `${error.message} ${error.stack}`);
    expect(failure).not.toContain(secret);
  });

  test('a damaged identity is not replaced when there is no keys.age either', async () => {
    const scene = await filled();
    execFileSync('rm', [scene.paths.secretsFile]);
    scene.overwrite(scene.paths.identityFile, 'rubbish');
    await expect(scene.put('there', 'value')).rejects.toMatchObject({ code: 'store_damaged' });
    expect(readFileSync(scene.paths.identityFile, 'utf8')).toBe('rubbish');
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'there = value'],
    ['a list', '["there"]'],
    ['null', 'null'],
    ['a number for a secret', '{"there": 7}'],
    ['a list for a secret', '{"there": ["value"]}'],
    ['not UTF-8', Buffer.from([...Buffer.from('{"there": "'), 0xff, ...Buffer.from('"}')])],
  ])('keys.age holds %s', async (_, content) => {
    const scene = await filled();
    const identity = readFileSync(scene.paths.identityFile, 'utf8').split('\n')[2] ?? '';
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(identity));
    scene.overwrite(scene.paths.secretsFile, await encrypter.encrypt(content));
    await scene.expectFailure({ code: 'store_damaged', message: /is not a list of secrets/, hint: restore });
  });

  test.each(['secretsFile', 'identityFile'] as const)('a folder stands in the place of the %s', async (file) => {
    const scene = await filled();
    const path = scene.paths[file];
    execFileSync('sh', ['-c', 'rm "$1" && mkdir "$1"', 'sh', path]);
    await scene.expectFailure({
      code: 'store_unavailable',
      message: /cannot read .*: it is a folder/,
      hint: /move the folder/,
    });
  });

  test.each(['secretsFile', 'identityFile'] as const)('the %s is a link to what is not there', async (file) => {
    const scene = await filled();
    const path = scene.paths[file];
    execFileSync('sh', ['-c', 'mv "$1" "$1.away" && ln -s /nowhere/at/all "$1"', 'sh', path]);
    execFileSync('mv', [`${path}.away`, join(temporaryFolder(), 'away')]);
    await expect(scene.read('there')).rejects.toMatchObject({
      code: 'store_unavailable',
      hint: expect.stringMatching(/mount/),
    });
    await expect(scene.put('there', 'new')).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(scene.store.delete(slot('there'))).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(readlinkSync(path)).toBe('/nowhere/at/all');
  });
});

test('one context has one store, another context another', async () => {
  const machine = new TestMachine();
  const ctx = machine.context();
  expect(await open(ctx)).toBe(await open(ctx));
  expect(await open(ctx)).not.toBe(await open(machine.context()));
});
