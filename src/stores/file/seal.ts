import { createCipheriv, createDecipheriv } from 'node:crypto';

/** ChaCha20-Poly1305, with which age seals keys and content. */

export const TAG_LENGTH = 16;
/** For keys that are used once. */
export const ZERO_NONCE = Buffer.alloc(12);

export function seal(key: Buffer, nonce: Buffer, content: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH });
  return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** Null when the key is another or a bit was changed. */
export function unseal(key: Buffer, nonce: Buffer, sealed: Uint8Array): Buffer | null {
  if (sealed.length < TAG_LENGTH) return null;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
  const opened = decipher.update(sealed.subarray(0, -TAG_LENGTH));
  try {
    decipher.final();
    return opened;
  } catch {
    return null;
  }
}
