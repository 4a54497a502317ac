/**
 * What must not reach a terminal as it is: control characters (escape sequences begin with one), line ends, halves of
 * characters, and the format characters that reorder or hide text; not the two joiners that emoji are written with.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
/** Most texts are this, and this is fast to tell. */
const ASCII = /^[ -~]*$/;

/** Text that a file may hold anything in, made safe to print: each character that is not printable shows as `�`. */
export function printable(text: string): string {
  return isAscii(text) ? text : text.replace(UNPRINTABLE, '\ufffd');
}

/** True for printable ASCII: one column a character. */
export function isAscii(text: string): boolean {
  return ASCII.test(text);
}
