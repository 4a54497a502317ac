/** What a roster keeps in its members: where they stand in it. */
export interface Member {
  place: number;
}

/** Not in any roster. */
export const NOWHERE = -1;

/**
 * A set of what comes and goes thousands of times a second. A `Set` makes itself a new table after every few dozen that
 * have left; where the collector of garbage has moved the old table aside, all that stood in it, whole requests, lives as
 * long as it does, and moving that took a tenth of the time of a gateway.
 */
export class Roster<T extends Member> {
  readonly #members: T[] = [];

  /** Those that are in it; not to be changed meanwhile. */
  get members(): readonly T[] {
    return this.#members;
  }

  add(member: T): void {
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** One that is not in it is left alone. */
  remove(member: T): void {
    if (member.place === NOWHERE) return;
    const last = this.#members.pop();
    if (last !== undefined && last !== member) {
      this.#members[member.place] = last;
      last.place = member.place;
    }
    member.place = NOWHERE;
  }
}
