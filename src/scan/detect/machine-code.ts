/**
 * The loop of `nextWord` in sieve.ts for WebAssembly: the same three lines, put down in the machine's own words. All of it
 * is in functions, since the program has only what they make: `script/build.mjs` puts it in.
 */

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
const add = [0x6a];
const multiply = [0x6c];
const and = [0x71];
const or = [0x72];
const isAtLeast = [0x4f];
const shiftRight = [0x76];
const block = [0x02, NOTHING];
const loop = [0x03, NOTHING];
const when = [0x04, NOTHING];
const end = [0x0b];
const leave = (depth: number) => [0x0c, depth];
const leaveIf = (depth: number) => [0x0d, depth];
const firstThree = () => [...constant(0xffffff), ...and];
/** What a table of 32,768 bytes says of the word on the stack. */
const lookUp = (factor: number, table: number[]) => [
  ...[...constant(factor), ...multiply, ...constant(17), ...shiftRight],
  ...[0x2d, 0, ...table],
];
/** The fourth byte of the word is lost in the multiplication. */
const first = (offset: number) => [...loadWord(offset), ...lookUp(0x3779b100, [0])];
const second = () => lookUp(0x85ebca6b, [0x80, 0x80, 0x02]);
const forward = (bytes: number) => [...get(AT), ...constant(bytes), ...add, ...set(AT)];

const code = () => [
  ...[...block, ...loop],
  ...[...get(AT), ...get(END), ...isAtLeast, ...leaveIf(1)],
  // Four words at once, where there are four and none of them passes.
  ...block,
  ...[...get(AT), ...constant(12), ...add, ...get(END), ...isAtLeast, ...leaveIf(0)],
  ...[...first(0), ...first(4), ...or, ...first(8), ...or, ...first(12), ...or, ...leaveIf(0)],
  ...[...forward(16), ...leave(1), ...end],
  // Else one.
  ...[...first(0), ...when, ...loadWord(0), ...set(WORD)],
  ...[...get(WORD), ...second(), ...get(WORD), ...firstThree(), ...second(), ...or, ...leaveIf(2)],
  ...[...end, ...forward(4), ...leave(0)],
  ...[...end, ...end, ...get(AT), ...end],
];

function section(id: number, content: number[]): number[] {
  return [id, ...size(content.length), ...content];
}

function size(length: number): number[] {
  return length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
}

/** The module, in base64. */
export function makeModule(): string {
  const body = [1, 1, I32, ...code()];
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // One function of two numbers that gives one; the memory is `m.m`, the function is exported as `f`.
    ...section(1, [1, 0x60, 2, I32, I32, 1, I32]),
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, ...size(body.length), ...body]),
  ];
  return Buffer.from(bytes).toString('base64');
}
