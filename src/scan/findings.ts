import { identify } from '../keys/identify.ts';
import { Secret } from '../keys/secret.ts';
import type { Confidence, ScanKind } from './detect/classify.ts';
import type { Hit, Spot, Where } from './hit.ts';

/** Where a text comes from. */
export interface Place {
  /** As it is shown; `<…>` for what is no file. */
  readonly file: string;
  readonly where: Where;
  readonly commit: string | null;
  readonly author: string | null;
  /** ISO 8601. */
  readonly date: string | null;
  /** The branch, tag or other ref that leads to it. */
  readonly ref: string | null;
  readonly ignored: boolean;
}

/** One place in which a credential stands: the fields of `--json`. */
export interface Occurrence extends Place, Spot {
  readonly encoding: string | null;
}

/** One credential with all its places, the first one first. */
export interface Finding {
  readonly secret: Secret;
  readonly kind: ScanKind;
  readonly confidence: Confidence;
  readonly redacted: string;
  readonly fingerprint: string;
  readonly occurrences: readonly Occurrence[];
}

/** Says that an occurrence is known and accepted. */
export type Allows = (fingerprint: string, occurrence: Occurrence) => boolean;

/** What a hostile text may cost; a real one has a handful. */
const MOST_OCCURRENCES = 100_000;
const RANKS: readonly Confidence[] = ['low', 'medium', 'high'];

/** Gathers occurrences into findings. */
export class Findings {
  readonly #byFingerprint = new Map<string, Finding & { occurrences: Occurrence[] }>();
  readonly #allows: Allows;
  readonly #least: Confidence;
  #count = 0;
  /** Occurrences that a comment, `.claude-keys-scan.json` or the baseline allows. */
  allowed = 0;

  constructor(allows: Allows, least: Confidence) {
    this.#allows = allows;
    this.#least = least;
  }

  /** True once there are more occurrences than are kept. */
  get isFull(): boolean {
    return this.#count >= MOST_OCCURRENCES;
  }

  get size(): number {
    return this.#byFingerprint.size;
  }

  add(hit: Hit, place: Place): void {
    if (this.isFull || RANKS.indexOf(hit.confidence) < RANKS.indexOf(this.#least)) return;
    const secret = new Secret(hit.value);
    const { redacted, fingerprint } = identify(secret);
    const { line, column, endLine, encoding } = hit;
    const occurrence = { ...place, line, column, endLine, encoding };
    if (hit.allowed || this.#allows(fingerprint, occurrence)) {
      this.allowed += 1;
      return;
    }
    this.#count += 1;
    const known = this.#byFingerprint.get(fingerprint);
    if (known !== undefined) known.occurrences.push(occurrence);
    else {
      const { kind, confidence } = hit;
      this.#byFingerprint.set(fingerprint, {
        secret,
        kind,
        confidence,
        redacted,
        fingerprint,
        occurrences: [occurrence],
      });
    }
  }

  /** The findings, each with its places in order: what is there now before what was there once. */
  list(): Finding[] {
    const findings = [...this.#byFingerprint.values()];
    for (const { occurrences } of findings) occurrences.sort(inOrder);
    return findings.sort(
      (a, b) =>
        RANKS.indexOf(b.confidence) - RANKS.indexOf(a.confidence) ||
        inOrder(a.occurrences[0] as Occurrence, b.occurrences[0] as Occurrence),
    );
  }
}

const ORDER: readonly Where[] = [
  ...(['worktree', 'archive', 'stdin', 'index', 'history', 'stash', 'note', 'message', 'dangling', 'config'] as const),
];

function inOrder(a: Occurrence, b: Occurrence): number {
  return (
    ORDER.indexOf(a.where) - ORDER.indexOf(b.where) ||
    compare(instant(a.date), instant(b.date)) ||
    // Commits of one second stay in the order in which they came.
    (a.commit === null || b.commit === null ? compare(a.file, b.file) : 0) ||
    (a.file === b.file ? a.line - b.line || a.column - b.column : 0)
  );
}

function instant(date: string | null): number {
  return date === null ? 0 : Date.parse(date) || 0;
}

function compare<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
