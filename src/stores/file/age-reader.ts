import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type AgeHeader, DamagedAge, decodeBase64, parseHeader, type Stanza } from './age-header.ts';
import { TAG_LENGTH, unseal, ZERO_NONCE } from './seal.ts';
import { agree, derive, privateKeyOf, publicBytesOf, wrapKeyOf } from './x25519.ts';

/**
 * Opens files of the age format, version 1 (C2SP `age.md`, "The age file encryption format"), with X25519 identities.
 *
 * Written here, although typage writes the same files, because every `print` and `exec` reads one: loading typage and
 * running its web streams takes 50 ms, twice what Node itself takes to start; this takes 5. It is strict: what the
 * specification does not allow is damage. `test/stores/file/age-reader.test.ts` holds it against typage and the `age`
 * program.
 */

const FILE_KEY_LENGTH = 16;
const NONCE_LENGTH = 16;
const CHUNK = 64 * 1024 + TAG_LENGTH;

/**
 * What the file holds, or null when it is a whole file for other identities than these.
 * @param identities the 32 bytes of each private key
 * @throws {DamagedAge} when it is not an age file or has been changed.
 */
export function readAge(file: Buffer, identities: readonly Buffer[]): Buffer | null {
  const header = parseHeader(file);
  const fileKey = findFileKey(header.stanzas, identities);
  if (fileKey === null) return null;
  checkMac(file, header, fileKey);
  return openPayload(file.subarray(header.end), fileKey);
}

function findFileKey(stanzas: readonly Stanza[], identities: readonly Buffer[]): Buffer | null {
  const ours = stanzas.filter(({ type }) => type === 'X25519').map(parseX25519);
  for (const identity of identities) {
    const privateKey = privateKeyOf(identity);
    const recipient = publicBytesOf(privateKey);
    for (const { share, body } of ours) {
      const key = wrapKeyOf(agreeOrFail(privateKey, share), share, recipient);
      const fileKey = unseal(key, ZERO_NONCE, body);
      if (fileKey !== null) return fileKey;
    }
  }
  return null;
}

function parseX25519({ args, body }: Stanza): { share: Buffer; body: Buffer } {
  const share = decodeBase64(args[0] ?? '');
  if (args.length !== 1 || share?.length !== 32 || body.length !== FILE_KEY_LENGTH + TAG_LENGTH) {
    throw new DamagedAge('a recipient is malformed');
  }
  return { share, body };
}

function agreeOrFail(privateKey: KeyObject, share: Buffer): Buffer {
  const agreed = agree(privateKey, share);
  if (agreed === null) throw new DamagedAge('a recipient is malformed');
  return agreed;
}

function checkMac(file: Buffer, header: AgeHeader, fileKey: Buffer): void {
  const key = derive(fileKey, Buffer.alloc(0), 'header');
  const expected = createHmac('sha256', key).update(file.subarray(0, header.macStart)).digest();
  if (!timingSafeEqual(expected, header.mac)) throw new DamagedAge('its header was changed');
}

/** STREAM: chunks of 64 KiB, numbered, the last one marked; it is empty only when it is the only one. */
function openPayload(payload: Buffer, fileKey: Buffer): Buffer {
  if (payload.length < NONCE_LENGTH + TAG_LENGTH) throw new DamagedAge('it is cut off');
  const key = derive(fileKey, payload.subarray(0, NONCE_LENGTH), 'payload');
  const sealed = payload.subarray(NONCE_LENGTH);
  const count = Math.ceil(sealed.length / CHUNK);
  const chunks: Buffer[] = [];
  for (let index = 0; index < count; index += 1) {
    const isLast = index === count - 1;
    const nonce = Buffer.alloc(12);
    nonce.writeUIntBE(index, 5, 6);
    nonce.writeUInt8(isLast ? 1 : 0, 11);
    const chunk = unseal(key, nonce, sealed.subarray(index * CHUNK, (index + 1) * CHUNK));
    if (chunk === null) throw new DamagedAge('its content was changed or cut off');
    if (isLast && chunk.length === 0 && index > 0) throw new DamagedAge('its last part is empty');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
