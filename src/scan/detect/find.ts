import type { Confidence, ScanKind } from './classify.ts';

/** A credential in a piece of bytes. `start` and `end` are offsets of what stands there, however it is written. */
export interface Find {
  readonly start: number;
  readonly end: number;
  /** The secret itself, decoded. */
  readonly value: string;
  readonly kind: ScanKind;
  readonly confidence: Confidence;
  /** How it is written, outermost first (`base64+utf-16le`); null for plain text. */
  readonly encoding: string | null;
}
