/**
 * The loop of `nextWord` in sieve.ts for WebAssembly: the same three lines, put down in the machine's own words. It is
 * fast from its first call on, where the compiler of JavaScript needs some megabytes to warm up, and a hook has less.
 */

/** Where the tables and the text lie in its memory. */
export const SECOND_TABLE = 32_768;
export const TEXT = 65_536;

const AT = 0;
const END = 1;
const WORD = 2;
const I32 = 0x7f;
const NOTHING = 0x40;

/** A number in LEB128, as WebAssembly writes constants. */
function constant(value: number): number[] {
  const bytes = [0x41];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const loadWord = (offset: number) => [...get(AT), 0x28, 2, offset];
const [add, multiply, and, or] = [[0x6a], [0x6c], [0x71], [0x72]] as const;
const isAtLeast = [0x4f];
const shiftRight = [0x76];
const [block, loop, when, end] = [[0x02, NOTHING], [0x03, NOTHING], [0x04, NOTHING], [0x0b]] as const;
const leave = (depth: number) => [0x0c, depth];
const leaveIf = (depth: number) => [0x0d, depth];
const firstThree = [...constant(0xffffff), ...and];
/** What a table of 32,768 bytes says of the word on the stack. */
const lookUp = (factor: number, table: number[]) => [
  ...[...constant(factor), ...multiply, ...constant(17), ...shiftRight],
  ...[0x2d, 0, ...table],
];
const FIRST = (offset: number) => [...loadWord(offset), ...firstThree, ...lookUp(0x9e3779b1, [0])];
const SECOND = lookUp(0x85ebca6b, [0x80, 0x80, 0x02]);
const forward = (bytes: number) => [...get(AT), ...constant(bytes), ...add, ...set(AT)];

const CODE = [
  ...[...block, ...loop],
  ...[...get(AT), ...get(END), ...isAtLeast, ...leaveIf(1)],
  // Four words at once, where there are four and none of them passes.
  ...block,
  ...[...get(AT), ...constant(12), ...add, ...get(END), ...isAtLeast, ...leaveIf(0)],
  ...[...FIRST(0), ...FIRST(4), ...or, ...FIRST(8), ...or, ...FIRST(12), ...or, ...leaveIf(0)],
  ...[...forward(16), ...leave(1), ...end],
  // Else one.
  ...[...FIRST(0), ...when, ...loadWord(0), ...set(WORD)],
  ...[...get(WORD), ...SECOND, ...get(WORD), ...firstThree, ...SECOND, ...or, ...leaveIf(2)],
  ...[...end, ...forward(4), ...leave(0)],
  ...[...end, ...end, ...get(AT), ...end],
];

function section(id: number, content: number[]): number[] {
  return [id, ...size(content.length), ...content];
}

function size(length: number): number[] {
  return length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
}

const BODY = [1, 1, I32, ...CODE];
const MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // One function of two numbers that gives one; the memory is `m.m`, the function is exported as `f`.
  ...section(1, [1, 0x60, 2, I32, I32, 1, I32]),
  ...section(2, [1, 1, 0x6d, 1, 0x6d, 2, 0, 1]),
  ...section(3, [1, 0]),
  ...section(7, [1, 1, 0x66, 0, 0]),
  ...section(10, [1, ...size(BODY.length), ...BODY]),
]);

/** What is used of WebAssembly; Node's types do not have it. */
interface Machine {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly f: Search } };
}

/** The next word that passes from one address to another, as `nextWord` has it. */
export type Search = (at: number, end: number) => number;

let compiled: object | undefined;

/**
 * A memory with the two tables and room for a text, and the search in it.
 * @returns null where there is no WebAssembly, or no room for it
 */
export function machineFor(capacity: number, tables: readonly [Uint8Array, Uint8Array]): [ArrayBuffer, Search] | null {
  const { WebAssembly: machine } = globalThis as unknown as { WebAssembly?: Machine };
  if (machine === undefined) return null;
  try {
    compiled ??= new machine.Module(MODULE);
    const memory = new machine.Memory({ initial: Math.ceil((TEXT + capacity) / 65_536) });
    const { f } = new machine.Instance(compiled, { m: { m: memory } }).exports;
    new Uint8Array(memory.buffer).set(tables[0]);
    new Uint8Array(memory.buffer, SECOND_TABLE).set(tables[1]);
    return [memory.buffer, f];
  } catch {
    return null;
  }
}
