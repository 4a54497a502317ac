import { redact } from '../keys/identify.ts';
import { printable } from '../terminal/plain.ts';

/** A name that comes from outside, made fit to be shown: a key in it is redacted, what steers a terminal is taken out. */
export function scrub(text: string): string {
  return printable(text).replace(/sk-ant-[\w-]{12,}/g, redact);
}
