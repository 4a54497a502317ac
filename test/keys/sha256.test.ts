import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/keys/sha256.ts';

const reference = (text: string) => createHash('sha256').update(text).digest('hex');

test('is what node:crypto gives, for every length around its blocks', () => {
  for (let length = 0; length < 300; length += 1) {
    const text = randomBytes(length).toString('latin1');
    expect(sha256(text)).toBe(reference(text));
  }
});

test('hashes the UTF-8 of a text', () => {
  expect(sha256('Schlüssel 🔑'.repeat(500))).toBe(reference('Schlüssel 🔑'.repeat(500)));
});
