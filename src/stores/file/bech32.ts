const ALPHABET = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM_LENGTH = 6;

/**
 * The bytes of upper-case Bech32 text (BIP 173, without its limit on length, as age uses it) with this prefix, or null
 * when it is not that: another prefix, a foreign character, a wrong checksum, bits left over.
 */
export function decodeBech32(text: string, prefix: string): Buffer | null {
  if (!text.startsWith(`${prefix}1`)) return null;
  const words = Array.from(text.slice(prefix.length + 1), (character) => ALPHABET.indexOf(character));
  if (words.length < CHECKSUM_LENGTH || words.includes(-1)) return null;
  if (checksum([...expand(prefix.toLowerCase()), ...words]) !== 1) return null;
  return regroup(words.slice(0, -CHECKSUM_LENGTH));
}

/** The bytes as Bech32 text, in the case of the prefix. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = split(bytes);
  const sum = checksum([...expand(prefix.toLowerCase()), ...words, ...Array<number>(CHECKSUM_LENGTH).fill(0)]) ^ 1;
  for (let shift = 25; shift >= 0; shift -= 5) words.push((sum >>> shift) & 31);
  const text = words.map((word) => ALPHABET.charAt(word)).join('');
  return `${prefix}1${prefix === prefix.toLowerCase() ? text.toLowerCase() : text}`;
}

/** The checksum is over the prefix too: the high bits of its characters, a zero, the low bits. */
function expand(prefix: string): number[] {
  const codes = Array.from(Buffer.from(prefix));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(words: readonly number[]): number {
  let sum = 1;
  for (const word of words) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ word;
    for (const [bit, value] of GENERATOR.entries()) if ((top >>> bit) & 1) sum ^= value;
  }
  return sum;
}

/** From bytes to words of five bits; the last is filled up with zeros. */
function split(bytes: Uint8Array): number[] {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => Number.parseInt(five.padEnd(5, '0'), 2));
}

/** From words of five bits to bytes; what is left over must be fewer than five bits, all zero. */
function regroup(words: readonly number[]): Buffer | null {
  const bytes: number[] = [];
  let pending = 0;
  let bits = 0;
  for (const word of words) {
    pending = (pending << 5) | word;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(pending >>> bits);
    pending &= (1 << bits) - 1;
  }
  return bits < 5 && pending === 0 ? Buffer.from(bytes) : null;
}
