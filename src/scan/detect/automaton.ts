import { ANCHORS, type Anchor, SHORTEST } from './anchors.ts';

/**
 * Wu and Manber's search for many strings at once: a window of {@link SHORTEST} bytes is moved by what its last two
 * bytes allow, five at a time nearly everywhere. One pass for all anchors; `npm run bench -- scan` measures it.
 */
const SHIFTS = new Uint8Array(65_536).fill(SHORTEST - 1);
const BY_BLOCK = new Map<number, Anchor[]>();

for (const anchor of ANCHORS) {
  for (let at = 0; at + 1 < SHORTEST; at += 1) {
    const block = anchor.bytes.charCodeAt(at) | (anchor.bytes.charCodeAt(at + 1) << 8);
    SHIFTS[block] = Math.min(SHIFTS[block] ?? 0, SHORTEST - 2 - at);
    if (at === SHORTEST - 2) BY_BLOCK.set(block, [...(BY_BLOCK.get(block) ?? []), anchor]);
  }
}

export interface Stretch {
  readonly from: number;
  readonly limit: number;
  readonly to: number;
}

/**
 * Calls `visit` for every anchor that begins in `bytes[from, limit)` and ends before `to`, in the order of their places.
 * @param visit gives the offset from which the search goes on, at least the one behind the anchor's first byte
 */
export function forEachAnchor(
  bytes: Buffer,
  { from, limit, to }: Stretch,
  visit: (at: number, anchor: Anchor) => number,
): void {
  const last = to - 1;
  let at = from + SHORTEST - 2;
  while (at < last) {
    const shift = SHIFTS[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;
    if (shift !== 0) {
      at += shift;
      continue;
    }
    const begin = at - (SHORTEST - 2);
    if (begin >= limit) return;
    let next = begin + 1;
    for (const anchor of BY_BLOCK.get((bytes[at] as number) | ((bytes[at + 1] as number) << 8)) ?? []) {
      if (begin + anchor.bytes.length <= to && stands(bytes, begin, anchor.bytes))
        next = Math.max(next, visit(begin, anchor));
    }
    at = next + SHORTEST - 2;
  }
}

function stands(bytes: Buffer, at: number, text: string): boolean {
  for (let offset = 0; offset < text.length; offset += 1) {
    if (bytes[at + offset] !== text.charCodeAt(offset)) return false;
  }
  return true;
}
