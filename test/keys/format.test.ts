import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { readPasted } from '../../src/keys/format.ts';
import { makeAdminKey, makeKey, makeOauthToken } from '../support/secrets.ts';

const KEY = makeKey();
const REST = KEY.slice('sk-ant-api03-'.length);

describe('a pasted key is found in', () => {
  test.each([
    ['the key alone', KEY],
    ['spaces and line ends', `  ${KEY} \r\n\n`],
    ['a byte order mark', `\uFEFF${KEY}`],
    ['double quotes', `"${KEY}"`],
    ['single quotes and spaces', ` '${KEY}' `],
    ['backticks', `\`${KEY}\``],
    ['an export line', `export ANTHROPIC_API_KEY=${KEY}`],
    ['a quoted export line', `export ANTHROPIC_API_KEY="${KEY}";`],
    ['a line of a .env file', `ANTHROPIC_API_KEY='${KEY}'\n`],
    ['fish', `set -gx ANTHROPIC_API_KEY ${KEY}`],
    ['csh', `setenv ANTHROPIC_API_KEY ${KEY}`],
    ['PowerShell', `$env:ANTHROPIC_API_KEY = "${KEY}"`],
    ['Windows', `setx ANTHROPIC_API_KEY ${KEY}`],
    ['JSON', `"ANTHROPIC_API_KEY": "${KEY}",`],
    ['YAML', `anthropic_api_key: ${KEY}`],
    ['a header', `x-api-key: ${KEY}`],
    ['an authorization header', `Authorization: Bearer ${KEY}`],
  ])('%s', (_, text) => {
    const { secret, kind } = readPasted(text);
    expect(secret.reveal()).toBe(KEY);
    expect(kind).toBe('api');
  });

  test.each([
    [makeAdminKey(), 'admin'],
    [makeOauthToken(), 'oauth'],
    [makeKey('sk-ant-api01-'), 'api'],
  ])('its kind is told by the prefix', (text, kind) => {
    expect(readPasted(text).kind).toBe(kind);
  });
});

describe('what is no key is refused, saying what is wrong', () => {
  test.each([
    ['nothing', '', 'there is no key'],
    ['an empty assignment', 'ANTHROPIC_API_KEY=', 'no Claude key'],
    ['a cut-off key', KEY.slice(0, 90), 'it was cut off: it has 90 characters'],
    ['a prefix alone', 'sk-ant-api03-', '13 characters'],
    ['a key with one character too many', `${KEY}x`, '109 characters'],
    ['a changed end', `${KEY.slice(0, -1)}B`, 'its end was changed'],
    ['a space inside', `${KEY.slice(0, 50)} ${KEY.slice(50)}`, 'a space stands in it at character 51'],
    ['a line break inside', `${KEY.slice(0, 50)}\n${KEY.slice(50)}`, 'a line break'],
    ['a tab inside', `${KEY.slice(0, 50)}\t${KEY.slice(51)}`, 'a tab'],
    ['a NUL', `${KEY.slice(0, 50)}\0${KEY.slice(51)}`, 'a NUL'],
    ['an escape', `${KEY.slice(0, 50)}\u001b${KEY.slice(51)}`, 'a control character (U+001B)'],
    ['curly quotes', `“${KEY}”`, 'a curly quote'],
    ['a no-break space', `${KEY.slice(0, 50)}\u00a0${KEY.slice(51)}`, 'a no-break space'],
    ['an invisible space', `${KEY}\u200b`, 'an invisible space'],
    ['a broken byte', `${KEY.slice(0, 50)}\ufffd${KEY.slice(51)}`, 'a byte that is no text'],
    ['an umlaut', `${KEY.slice(0, 50)}ä${KEY.slice(51)}`, 'U+00E4'],
    ['an emoji', `${KEY.slice(0, 50)}🔑${KEY.slice(52)}`, 'U+1F511'],
    ['a slash', `${KEY.slice(0, 50)}/${KEY.slice(51)}`, 'a character (U+002F)'],
    ['a quote inside', `${KEY.slice(0, 50)}"${KEY.slice(51)}`, 'a quote or backslash'],
    ['two keys', `${KEY}\n${makeKey()}`, 'more than one key'],
    ['two keys in one line', `${KEY},${makeKey()}`, 'more than one key'],
    ['the redacted form', 'sk-ant-api03-R2D...igAA', 'redacted'],
    ['a form with an ellipsis', 'sk-ant-api03-R2D…igAA', 'redacted'],
    ['stars', `sk-ant-api03-${'*'.repeat(95)}`, 'redacted'],
    ['an OpenAI key', `sk-proj-${REST}`, 'another service'],
    ['an old OpenAI key', `sk-${REST.slice(0, 48).replaceAll('-', 'x')}`, 'another service'],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`, 'a GitHub token'],
    ['an AWS key', `AKIA${'A1'.repeat(8)}`, 'an AWS access key'],
    ['a Google key', `AIza${'x1'.repeat(17)}`, 'a Google API key'],
    ['a refresh token', makeKey('sk-ant-ort01-'), 'a refresh token'],
    ['a session cookie', makeKey('sk-ant-sid01-'), 'a claude.ai session cookie'],
    ['a session token', 'sk-ant-cc-eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'lives for minutes'],
    ['a future form', makeKey('sk-ant-api77-'), 'no Claude key'],
    ['a short word', 'hunter2', 'only 7 characters'],
    ['a sentence', 'please use the key that I sent you', 'a space'],
    ['a megabyte of noise', 'x'.repeat(1 << 20), '1048576 characters'],
  ])('%s', (_, text, expected) => {
    const error = refusal(text);
    expect(error.code).toBe('malformed_key');
    expect(error.message).toContain(expected);
    expect(error.hint).toBeTruthy();
    expect(`${error.message} ${error.hint}`).not.toContain(REST.slice(10, 30));
  });

  test('an unknown form is taken when that is asked for, but never what cannot be a token', () => {
    const future = makeKey('sk-ant-api77-');
    expect(readPasted(future, { allowUnknown: true }).secret.reveal()).toBe(future);
    expect(() => readPasted(`${future} x`, { allowUnknown: true })).toThrow('a space');
    expect(() => readPasted(`${future}\0`, { allowUnknown: true })).toThrow('a NUL');
  });
});

function refusal(text: string): UserError {
  try {
    readPasted(text);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
