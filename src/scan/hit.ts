import type { Confidence, ScanKind } from './detect/classify.ts';

/** Where something stands in a text: 1-based; columns count characters. */
export interface Spot {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
}

/** A credential in one text. Plain data: it goes from one thread to another. */
export interface Hit extends Spot {
  /** The secret itself, until it is wrapped where the hits are gathered. */
  readonly value: string;
  readonly kind: ScanKind;
  readonly confidence: Confidence;
  readonly encoding: string | null;
  /** A comment in its line says that it may stand there. */
  readonly allowed: boolean;
}

/** The text in which a hit stands. */
export type Where =
  | 'worktree'
  | 'index'
  | 'history'
  | 'message'
  | 'note'
  | 'stash'
  | 'dangling'
  | 'config'
  | 'archive'
  | 'stdin';

/** Something that was not looked at: on purpose, or because it could not be (`failed`), which makes the answer undecided. */
export interface Skip {
  readonly what: string;
  readonly why: string;
  readonly failed: boolean;
}
