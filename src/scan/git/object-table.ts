/** Above this many objects nothing is known of any: the table would take more than 38 MB. */
const MOST = 3 * 1_048_576;
const FIRST_CAPACITY = 65_536;
/** So full, it still takes few looks to find one. */
const FILLED = 0.75;

const LISTED = 1;
const TREE = 2;
const REACHED = 4;
const SEARCHED = 8;
const HOLDS_FIND = 16;

/** The first 64 bits of an object's id, by which it is known here. */
export interface Prefix {
  readonly high: number;
  readonly low: number;
}

const DIGITS_OF_WORD = 8;
const DIGITS = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) DIGITS[digit.toString(16).charCodeAt(0)] = digit;

export function prefixOf(id: string): Prefix {
  return prefixIn(Buffer.from(id, 'latin1'), 0);
}

/** The same of an id that stands in a text. */
export function prefixIn(bytes: Buffer, begin: number): Prefix {
  return { high: wordIn(bytes, begin), low: wordIn(bytes, begin + DIGITS_OF_WORD) };
}

function wordIn(bytes: Buffer, begin: number): number {
  let word = 0;
  for (let at = begin; at < begin + DIGITS_OF_WORD; at += 1)
    word = (word << 4) | (DIGITS[(bytes[at] as number) & 127] as number);
  return word >>> 0;
}

/**
 * What is known of the objects of a repository, in 9 bytes for each: whether git listed it, whether a walk reached it,
 * whether it was searched; in any order.
 */
export class ObjectTable {
  #prefixes = new Uint32Array(2 * FIRST_CAPACITY);
  #states = new Uint8Array(FIRST_CAPACITY);
  #count = 0;
  #missing = 0;
  #unreachedTrees = 0;
  readonly #most: number;

  constructor(most: number = MOST) {
    this.#most = most;
  }

  /** Git has it. */
  list(object: Prefix, isTree: boolean): void {
    const state = this.#mark(object, isTree ? LISTED | TREE : LISTED);
    if ((state & LISTED) !== 0) return;
    if ((state & REACHED) !== 0) this.#missing -= 1;
    else if (isTree) this.#unreachedTrees += 1;
  }

  /**
   * Something leads to it.
   * @returns whether it is clean, as {@link isClean} has it
   */
  reach(object: Prefix): boolean {
    const state = this.#mark(object, REACHED);
    if ((state & (REACHED | LISTED)) === 0) this.#missing += 1;
    else if ((state & (REACHED | TREE)) === TREE) this.#unreachedTrees -= 1;
    return isClean(state);
  }

  search(object: Prefix, holdsFind: boolean): void {
    this.#mark(object, holdsFind ? SEARCHED | HOLDS_FIND : SEARCHED);
  }

  isReached(object: Prefix): boolean {
    return ((this.#states[this.#slotOf(object)] as number) & REACHED) !== 0;
  }

  /** It was searched, and nothing was found in it. */
  isClean(object: Prefix): boolean {
    return isClean(this.#states[this.#slotOf(object)] as number);
  }

  /** How many objects are reached and are not there, when all are listed; infinite when that is not known. */
  get missing(): number {
    return this.#isFull ? Number.POSITIVE_INFINITY : this.#missing;
  }

  /** How many trees are there and are not reached; infinite when that is not known. */
  get unreachedTrees(): number {
    return this.#isFull ? Number.POSITIVE_INFINITY : this.#unreachedTrees;
  }

  /** There are too many objects: nothing is known of any. */
  get #isFull(): boolean {
    return this.#count > this.#most;
  }

  /** @returns what was known of it before */
  #mark(object: Prefix, state: number): number {
    if (this.#isFull) return 0;
    if (this.#count > FILLED * this.#states.length) this.#resize(2 * this.#states.length);
    const slot = this.#slotOf(object);
    const before = this.#states[slot] as number;
    this.#put(slot, object, before | state);
    if (before === 0) this.#count += 1;
    if (this.#isFull) this.#clear();
    return before;
  }

  /** Where it stands, or is to stand. */
  #slotOf({ high, low }: Prefix): number {
    const mask = this.#states.length - 1;
    let slot = low & mask;
    while (this.#states[slot] !== 0 && (this.#prefixes[2 * slot] !== high || this.#prefixes[2 * slot + 1] !== low))
      slot = (slot + 1) & mask;
    return slot;
  }

  #resize(capacity: number): void {
    const [prefixes, states] = [this.#prefixes, this.#states];
    this.#prefixes = new Uint32Array(2 * capacity);
    this.#states = new Uint8Array(capacity);
    for (let old = 0; old < states.length; old += 1) {
      if (states[old] === 0) continue;
      const object = { high: prefixes[2 * old] as number, low: prefixes[2 * old + 1] as number };
      this.#put(this.#slotOf(object), object, states[old] as number);
    }
  }

  #put(slot: number, { high, low }: Prefix, state: number): void {
    this.#prefixes[2 * slot] = high;
    this.#prefixes[2 * slot + 1] = low;
    this.#states[slot] = state;
  }

  #clear(): void {
    this.#prefixes = new Uint32Array(2);
    this.#states = new Uint8Array(1);
  }
}

function isClean(state: number): boolean {
  return (state & (SEARCHED | HOLDS_FIND)) === SEARCHED;
}
