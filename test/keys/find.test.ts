import { describe, expect, test } from 'vitest';
import { findKeys } from '../../src/keys/find.ts';
import { findIn } from '../../src/scan/detect/index.ts';
import { makeKey } from '../support/secrets.ts';

/** A key of the real form in which chance has drawn some word. */
const keyWith = (word: string): string => {
  const key = makeKey();
  return `${key.slice(0, 40)}${word}${key.slice(40 + word.length)}`;
};

describe('a key that spells a word by chance is a key', () => {
  test.each(['xYour_', '9your-x', '_yOurs', 'c-YOUR7', 'aDummy'])('%s', (word) => {
    const key = keyWith(word);
    expect(findKeys(`K=${key}\n`).keys).toHaveLength(1);
    expect(findIn(Buffer.from(`K=${key}\n`))[0]).toMatchObject({ value: key, confidence: 'high' });
  });
});

describe('what stands in the place of a key is none', () => {
  test.each(['your-api-key-goes-here-', 'put_your_key_here_', 'yourkey', 'EXAMPLE-EXAMPLE-'])('%s', (word) => {
    expect(findKeys(`K=sk-ant-api03-${word.repeat(14).slice(0, 93)}AA\n`).keys).toEqual([]);
  });
});
