import { UserError } from '../errors.ts';
import { holdsSecret, secretAsArgument } from './name.ts';

const LABEL_LENGTH = 64;
const NOTE_LENGTH = 500;

/**
 * What does not belong in one line of plain text: control characters and escape sequences, line ends, halves of
 * characters, and the invisible format characters that reorder or hide text. The two joiners are let through, because
 * emoji and several scripts are written with them.
 */
const NOT_PLAIN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

/**
 * An environment label (`production`): one line of printable text, 64 characters at most.
 * @returns the label without surrounding spaces; null for an empty one, which means none
 * @throws {UserError} `usage` saying what is wrong with it.
 */
export function checkLabel(text: string): string | null {
  return check(text, 'environment', LABEL_LENGTH);
}

/** A note: like a label, but up to 500 characters. */
export function checkNote(text: string): string | null {
  return check(text, 'note', NOTE_LENGTH);
}

function check(text: string, what: string, limit: number): string | null {
  if (holdsSecret(text)) throw secretAsArgument();
  const trimmed = text.trim();
  if (NOT_PLAIN.test(trimmed)) {
    throw new UserError('usage', `the ${what} holds a line break or another character that cannot be printed`, {
      hint: `give it as one line of plain text, at most ${limit} characters`,
    });
  }
  const length = [...trimmed].length;
  if (length > limit) {
    throw new UserError('usage', `the ${what} has ${length} characters; ${limit} is the most`, {
      hint: 'shorten it',
    });
  }
  return trimmed === '' ? null : trimmed;
}
