import type { UserFile } from '../files/user-file.ts';
import type { KeyKind } from '../keys/entry.ts';
import type { Secret } from '../keys/secret.ts';
import type { Syntax } from './edit/index.ts';

/** What a place is, as `--json` names it. */
export type SourceKind =
  | 'environment'
  | 'env-file'
  | 'profile'
  | 'llm'
  | 'claude-code'
  | 'aider'
  | 'goose'
  | 'anthropic'
  | 'netrc'
  | 'file'
  | 'stdin';

/** A file that may hold keys. */
export interface Candidate {
  readonly source: SourceKind;
  readonly path: string;
  /** The user named it: what is wrong with it is said, not passed over. */
  readonly asked: boolean;
}

/** A file that was read. */
export interface SourceFile {
  readonly source: SourceKind;
  /** As the user knows it: relative, or with `~`. */
  readonly label: string;
  readonly file: UserFile;
  /** The content, one character a byte (or UTF-16 unit), so that it can be written back as it was. */
  readonly text: string;
  readonly encoding: 'latin1' | 'utf16le';
  readonly syntax: Syntax;
}

/** One place in which a key stands. The last fields are filled in as the command goes on. */
export interface Place {
  readonly source: SourceKind;
  /** Null for the environment and standard input. */
  readonly file: SourceFile | null;
  readonly start: number;
  readonly end: number;
  readonly line: number | null;
  readonly column: number | null;
  /** The variable or setting that holds it, when it can be told. */
  readonly variable: string | null;
  /** A title to make a name from, from an item of a password manager. */
  readonly title: string | null;
  tracked: boolean;
  removed: boolean;
  /** Why it is not, or cannot be, removed. */
  why: string | null;
  /** The reason was told when it came up. */
  told: boolean;
}

/** One secret, with every place it stands in. */
export interface Find {
  readonly secret: Secret;
  readonly kind: KeyKind;
  readonly redacted: string;
  readonly fingerprint: string;
  readonly places: Place[];
}

/** A token that is no key, so that it is named and left alone. */
export interface Other {
  readonly redacted: string;
  readonly what: string;
  readonly where: string;
}

/** Everything that a search came upon. */
export interface Search {
  readonly finds: readonly Find[];
  readonly others: readonly Other[];
  /** Files that could not be looked into, and why. */
  readonly troubles: readonly { readonly label: string; readonly why: string; readonly asked: boolean }[];
  /** How many files were looked into. */
  readonly looked: number;
}

/** `~/.zshrc:12`, `.env:3`, `environment`, for messages. */
export function whereOf({ source, file, line }: Place): string {
  if (file !== null) return `${file.label}:${line}`;
  return source === 'environment' ? 'the environment' : 'standard input';
}
