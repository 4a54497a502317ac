import { relative, sep } from 'node:path';
import type { Context } from '../context.ts';
import type { Findings, Place } from './findings.ts';
import type { Hit, Skip, Where } from './hit.ts';
import { scrub } from './scrub.ts';

const MOST_SKIPPED = 10_000;

/** One run of `scan`: what was found so far, what was looked at, what was not. */
export class Session {
  readonly findings: Findings;
  readonly scanned = { files: 0, bytes: 0, objects: 0, commits: 0 };
  readonly skipped: Skip[] = [];
  readonly #cwd: string;
  readonly #toEnd: (() => void)[] = [];
  #interrupted = false;

  constructor(ctx: Pick<Context, 'cwd'>, findings: Findings) {
    this.#cwd = ctx.cwd;
    this.findings = findings;
  }

  /** By Ctrl-C: whoever reads ends at the next place that allows it, and what was waited for is ended. */
  interrupt(): void {
    this.#interrupted = true;
    for (const end of this.#toEnd) end();
  }

  get interrupted(): boolean {
    return this.#interrupted;
  }

  onInterrupt(end: () => void): void {
    this.#toEnd.push(end);
  }

  get isOver(): boolean {
    return this.#interrupted || this.findings.isFull;
  }

  add(hits: readonly Hit[], place: Place): void {
    for (const hit of hits) this.findings.add(hit, place);
  }

  /** @param what a path, made relative, or words in `<…>` */
  skip({ what, why, failed }: Skip): void {
    if (this.skipped.length < MOST_SKIPPED) this.skipped.push({ what: this.label(what), why, failed });
    else if (failed && !this.failed) this.skipped.push({ what: this.label(what), why, failed });
  }

  /** Something could not be looked at. */
  get failed(): boolean {
    return this.findings.isFull || this.skipped.some(({ failed }) => failed);
  }

  /** How a path is shown: relative to the current folder within it, else whole. */
  label(path: string): string {
    const inside = path === this.#cwd || path.startsWith(this.#cwd.endsWith(sep) ? this.#cwd : this.#cwd + sep);
    return scrub(inside ? relative(this.#cwd, path) || '.' : path);
  }
}

/** A place that is no commit's. */
export function placeIn(file: string, where: Where, rest: Partial<Place> = {}): Place {
  return { file, where, commit: null, author: null, date: null, ref: null, ignored: false, ...rest };
}
