export type ArchiveKind = 'zip' | 'gzip' | 'tar';

/** Enough of a file to tell what it is. */
export const HEAD = 512;

/** What a file is by its first bytes; null for everything that is read as it is. */
export function archiveKind(head: Uint8Array): ArchiveKind | null {
  if (begins(head, 0, [0x50, 0x4b, 0x03, 0x04]) || begins(head, 0, [0x50, 0x4b, 0x05, 0x06])) return 'zip';
  if (begins(head, 0, [0x1f, 0x8b, 0x08])) return 'gzip';
  return begins(head, 257, [0x75, 0x73, 0x74, 0x61, 0x72]) ? 'tar' : null;
}

const CLOSED: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['7-Zip', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['RAR', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ['LZ4', [0x04, 0x22, 0x4d, 0x18]],
  ['lzip', [0x4c, 0x5a, 0x49, 0x50, 0x01]],
  ['a cabinet', [0x4d, 0x53, 0x43, 0x46, 0, 0, 0, 0]],
  ['RPM', [0xed, 0xab, 0xee, 0xdb]],
  ['a bundle of git', [...Buffer.from('# v2 git bundle\n')]],
  ['a bundle of git', [...Buffer.from('# v3 git bundle\n')]],
  ['a pack of git', [0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2]],
  ['a Debian package', [...Buffer.from('!<arch>\ndebian-binary')]],
];

/** The first bytes of all of them, the open ones too. */
const PACKED = new Uint8Array(256);
for (const first of [0x50, 0x1f, ...CLOSED.map(([, [byte]]) => byte ?? 0)]) PACKED[first] = 1;

/** What is said of a packed format that is known and not opened; null for everything else. */
export function closedFormat(head: Uint8Array): string | null {
  const name = CLOSED.find(([, magic]) => begins(head, 0, magic))?.[0];
  return name === undefined ? null : `${name} is not unpacked; it was read as it is`;
}

/** Whether {@link archiveKind} or {@link closedFormat} says something of `bytes[begin, end)`. */
export function isPacked(bytes: Buffer, begin: number, end: number): boolean {
  if (!mayBePacked(bytes, begin)) return false;
  const head = bytes.subarray(begin, Math.min(end, begin + HEAD));
  return archiveKind(head) !== null || closedFormat(head) !== null;
}

/** Asked of every file and object there is, and most are none. */
function mayBePacked(bytes: Uint8Array, begin: number): boolean {
  return PACKED[bytes[begin] as number] === 1 || bytes[begin + 257] === 0x75;
}

function begins(bytes: Uint8Array, at: number, magic: readonly number[]): boolean {
  return bytes.length >= at + magic.length && magic.every((byte, offset) => bytes[at + offset] === byte);
}
