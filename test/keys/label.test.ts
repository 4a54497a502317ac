import { describe, expect, test } from 'vitest';
import { checkLabel, checkNote } from '../../src/keys/label.ts';
import { makeKey } from '../support/secrets.ts';

describe('an environment label', () => {
  test.each([
    ['production', 'production'],
    ['  staging ', 'staging'],
    ['', null],
    ['   ', null],
    ['Europe (Frankfurt) / blue', 'Europe (Frankfurt) / blue'],
    ['développement 🚀', 'développement 🚀'],
    ['日本語', '日本語'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    ['😀'.repeat(64), '😀'.repeat(64)],
  ])('%j is %j', (text, expected) => {
    expect(checkLabel(text)).toBe(expected);
  });

  test.each([
    ['two\nlines'],
    ['a\u001b[31mred'],
    ['tab\there'],
    ['null\u0000'],
    ['c1\u009b31m'],
    ['reversed \u202e text'],
    ['hidden\u200b'],
    ['line\u2028separator'],
    ['half \ud83d'],
  ])('%j is refused', (text) => {
    expect(() => checkLabel(text)).toThrow('cannot be printed');
  });

  test('is refused when it is long or holds a secret, which is not repeated', () => {
    expect(() => checkLabel('x'.repeat(65))).toThrow('the environment has 65 characters; 64 is the most');
    const key = makeKey();
    expect(() => checkLabel(`for ${key}`)).toThrow(/^that argument is a secret(?!.*sk-ant)/);
  });
});

describe('a note', () => {
  test('is a line of up to 500 characters', () => {
    expect(checkNote('x'.repeat(500))).toHaveLength(500);
    expect(checkNote(' ')).toBeNull();
    expect(() => checkNote('x'.repeat(501))).toThrow('the note has 501 characters');
    expect(() => checkNote('one\ntwo')).toThrow('the note holds a line break');
  });
});
