import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, test, vi } from 'vitest';
import { encryptFor } from '../../../src/stores/file/age.ts';
import { DamagedAge } from '../../../src/stores/file/age-header.ts';
import { readAge } from '../../../src/stores/file/age-reader.ts';
import { decodeBech32, encodeBech32 } from '../../../src/stores/file/bech32.ts';
import { privateKeyOf, publicBytesOf } from '../../../src/stores/file/x25519.ts';
import { temporaryFolder } from '../../support/host.ts';
import { requireTools } from '../../support/require.ts';
import vectors from './age-vectors.json' with { type: 'json' };

// Real processes and real work, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const CHUNK = 65_536;

async function newPair(): Promise<{ identity: string; key: Buffer; recipient: string }> {
  const identity = await generateX25519Identity();
  const key = decodeBech32(identity, 'AGE-SECRET-KEY-');
  if (key === null) throw new Error('an identity of typage must decode');
  return { identity, key, recipient: await identityToRecipient(identity) };
}

async function encrypt(content: Uint8Array, ...recipients: string[]): Promise<Buffer> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return Buffer.from(await encrypter.encrypt(content));
}

/** What reading gives, in a word: the content's hash, `no match`, or `damaged`. Any other error is thrown. */
function outcome(file: Buffer, key: Buffer): string {
  try {
    const content = readAge(file, [key]);
    return content === null ? 'no match' : createHash('sha256').update(content).digest('hex');
  } catch (error) {
    if (error instanceof DamagedAge) return 'damaged';
    throw error;
  }
}

/**
 * The test vectors of C2SP/CCTV (npm `cctv-age` 0.2.0; 0BSD, CC0 or Unlicense), without those that need a passphrase,
 * armor or another kind of identity, and without three of 16 MiB.
 */
describe('the published test vectors', () => {
  test.each(Object.entries(vectors))('%s', (_, vector) => {
    const raw = Buffer.from(vector.file, 'base64');
    const file = 'compressed' in vector ? inflateSync(raw) : raw;
    const payload = 'payload' in vector ? vector.payload : 'none';
    const expected = { success: payload, 'no match': 'no match' }[vector.expect] ?? 'damaged';
    expect(outcome(file, Buffer.from(vector.identity, 'hex'))).toBe(expected);
  });
});

describe('files that typage wrote', () => {
  const edges = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1];
  const around = [0, CHUNK, 2 * CHUNK].flatMap((edge) =>
    Array.from({ length: 70 }, () => Math.max(0, edge + randomInt(-300, 300))),
  );

  test(`of ${edges.length + around.length} sizes around the edges of chunks are read as they were`, async () => {
    const { key, recipient } = await newPair();
    for (const size of [...edges, ...around]) {
      const content = randomBytes(size);
      const read = readAge(await encrypt(content, recipient), [key]);
      expect(read?.equals(content), `${size} bytes`).toBe(true);
    }
  });

  test('for several recipients are read by each of them, and by nobody else', async () => {
    const pairs = [await newPair(), await newPair(), await newPair()];
    const file = await encrypt(Buffer.from('content'), ...pairs.map(({ recipient }) => recipient));
    for (const { key } of pairs) expect(readAge(file, [key])?.toString()).toBe('content');
    const stranger = await newPair();
    expect(readAge(file, [stranger.key])).toBeNull();
    expect(readAge(file, [])).toBeNull();
    expect(readAge(file, [stranger.key, ...pairs.map(({ key }) => key)])?.toString()).toBe('content');
  });

  test('are damaged when any byte is another, missing or doubled, and when they end anywhere', async () => {
    const { key, recipient } = await newPair();
    const file = await encrypt(Buffer.from('{"slot": "secret"}'), recipient);
    for (let at = 0; at < file.length; at += 1) {
      const [before, byte, after] = [file.subarray(0, at), file.subarray(at, at + 1), file.subarray(at + 1)];
      const others = [1, 2, 0x20, 0x80, 0xff].map((mask) => Buffer.from([(byte[0] ?? 0) ^ mask]));
      for (const middle of [...others, Buffer.alloc(0), Buffer.concat([byte, byte])]) {
        const changed = Buffer.concat([before, middle, after]);
        if (!changed.equals(file)) expect(['damaged', 'no match'], `byte ${at}`).toContain(outcome(changed, key));
      }
      expect(outcome(before, key), `the first ${at} bytes`).toBe('damaged');
    }
    expect(outcome(Buffer.concat([file, Buffer.alloc(1)]), key)).toBe('damaged');
  });

  test('are damaged when whole chunks are missing, doubled or in another order', async () => {
    const { key, recipient } = await newPair();
    const file = await encrypt(randomBytes(3 * CHUNK), recipient);
    const sealed = CHUNK + 16;
    const head = file.subarray(0, file.length - 3 * sealed);
    const [a, b, c] = [0, 1, 2].map((index) =>
      file.subarray(head.length + index * sealed, head.length + (index + 1) * sealed),
    ) as [Buffer, Buffer, Buffer];
    expect(readAge(Buffer.concat([head, a, b, c]), [key])).toHaveLength(3 * CHUNK);
    for (const order of [[], [a], [a, b], [a, c], [b, a, c], [a, b, c, c], [a, b, b, c], [c]]) {
      expect(outcome(Buffer.concat([head, ...order]), key)).toBe('damaged');
    }
  });
});

test('what this program encrypts, typage and the reader open', async () => {
  for (let round = 0; round < 50; round += 1) {
    const { identity, key } = await newPair();
    const file = await encryptFor(key, `content ${round}`);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(file, 'text')).toBe(`content ${round}`);
    expect(readAge(Buffer.from(file), [key])?.toString()).toBe(`content ${round}`);
  }
});

describe.skipIf(!requireTools('age', 'age-keygen'))('files that the age program wrote', () => {
  function age(content: Buffer, ...args: string[]): Buffer {
    return execFileSync('age', args, {
      input: content,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }

  test('are read as they were, of sizes around the edges of chunks and of more chunks than a byte counts', async () => {
    const { key, recipient } = await newPair();
    for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 257 * CHUNK + 5]) {
      const content = randomBytes(size);
      expect(readAge(age(content, '-r', recipient), [key])?.equals(content), `${size} bytes`).toBe(true);
    }
  });

  // age adds a stanza of a made-up type to most files, so that readers stay used to them.
  test('for two recipients, with stanzas of unknown types, are read by both', async () => {
    const [one, two] = [await newPair(), await newPair()];
    for (let round = 0; round < 20; round += 1) {
      const file = age(Buffer.from('content'), '-r', one.recipient, '-r', two.recipient);
      for (const { key } of [one, two]) expect(readAge(file, [key])?.toString()).toBe('content');
    }
  });

  test('with an identity of age-keygen', () => {
    const file = join(temporaryFolder(), 'identity.txt');
    execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' });
    const recipient = execFileSync('age-keygen', ['-y', file]).toString().trim();
    const line = readFileSync(file, 'utf8').split('\n')[2] ?? '';
    const key = decodeBech32(line, 'AGE-SECRET-KEY-');
    expect(readAge(age(Buffer.from('content'), '-r', recipient), key === null ? [] : [key])?.toString()).toBe(
      'content',
    );
  });

  test('with a passphrase or armored are not for this reader', async () => {
    const { key, recipient } = await newPair();
    expect(() => readAge(age(Buffer.from('content'), '-a', '-r', recipient), [key])).toThrow('it is armored');
  });

  test('and the reader refuses what age refuses', async () => {
    const { identity, key, recipient } = await newPair();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'identity.txt'), identity);
    const file = await encrypt(Buffer.from('content'), recipient);
    for (let round = 0; round < 40; round += 1) {
      const changed = Buffer.from(file);
      const at = randomInt(file.length);
      changed[at] = (changed[at] ?? 0) ^ randomInt(1, 256);
      expect(() => age(changed, '-d', '-i', join(folder, 'identity.txt'))).toThrow();
      expect(['damaged', 'no match']).toContain(outcome(changed, key));
    }
  });
});

describe('bech32', () => {
  const decode = (text: string) => decodeBech32(text, 'AGE-SECRET-KEY-');

  test('a changed, missing, added or exchanged character is noticed', async () => {
    const { identity } = await newPair();
    expect(decode(identity)).toHaveLength(32);
    for (let at = 0; at < identity.length; at += 1) {
      for (const other of ['Q', 'P', 'B', '1', 'ſ', '', `${identity[at]}Q`]) {
        const changed = identity.slice(0, at) + other + identity.slice(at + 1);
        // Bech32 does not notice a Q before a P at the end; the length does.
        if (changed !== identity) expect(decode(changed)?.length, changed).not.toBe(32);
      }
    }
  });

  test.each(['', 'AGE-SECRET-KEY-', 'AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-1QQQQQQ', 'AGE-PLUGIN-YUBIKEY-1QQQ'])(
    '%j is no identity',
    (text) => {
      expect(decode(text)).toBeNull();
    },
  );

  test('is written as typage writes it', async () => {
    for (let round = 0; round < 50; round += 1) {
      const { identity, key, recipient } = await newPair();
      expect(encodeBech32('AGE-SECRET-KEY-', key)).toBe(identity);
      expect(encodeBech32('age', publicBytesOf(privateKeyOf(key)))).toBe(recipient);
    }
  });

  test('lower case is none, as for age', async () => {
    expect(decode((await newPair()).identity.toLowerCase())).toBeNull();
  });
});
