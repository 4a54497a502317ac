import { hash, randomBytes } from 'node:crypto';
import { UserError } from '../errors.ts';
import { Secret } from '../keys/secret.ts';

/**
 * A token looks like nothing of Anthropic's, so that people and scanners tell it from a key: `ckg_` and 43 letters and
 * digits, which are over 250 random bits. SDKs take any text for a key.
 */
const PREFIX = 'ckg_';
const LENGTH = 43;
const TOKEN = /^ckg_[0-9A-Za-z]{43}$/;
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function makeToken(): Secret {
  return new Secret(`${PREFIX}${randomText(LENGTH)}`);
}

/** The id of a new grant; not secret. */
export function makeGrantId(): string {
  return `gr_${randomText(12)}`;
}

/** What is kept of a token. It needs no salt and no slow hash: nobody guesses 250 bits. */
export function hashOf(token: string): string {
  return hash('sha256', token);
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** @throws {UserError} `secret_as_argument` for a word that is a token, or begins as one. */
export function refuseToken(word: string): void {
  if (!word.startsWith(PREFIX)) return;
  throw new UserError('secret_as_argument', 'that argument is a token; it now stands in your shell history', {
    hint: 'name the grant by its label: claude-keys grant list; then replace it: claude-keys grant revoke LABEL',
  });
}

/** Letters and digits, each as likely as every other. */
function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(64)) {
      // 248 is the largest multiple of 62 in a byte.
      if (byte < 248 && text.length < length) text += LETTERS[byte % LETTERS.length];
    }
  }
  return text;
}
