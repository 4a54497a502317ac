import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * The X25519 recipients of age (C2SP `age.md`, "The X25519 recipient type"): how a file key is sealed for the holder of
 * a private key. Node's own calls, which are loaded anyway, and not Web Crypto's, at which Node 20 warns on standard
 * error.
 */

/** DER of a PKCS #8 and of a SubjectPublicKeyInfo structure for X25519 (RFC 8410), up to the 32 bytes of the key. */
const PRIVATE_KEY = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_KEY = Buffer.from('302a300506032b656e032100', 'hex');

export function privateKeyOf(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_KEY, bytes]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of the public key that belongs to a private one. */
export function publicBytesOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_KEY.length);
}

/** What both sides make of one's private and the other's public key; null when that is a point of low order. */
export function agree(privateKey: KeyObject, publicBytes: Uint8Array): Buffer | null {
  const publicKey = createPublicKey({ key: Buffer.concat([PUBLIC_KEY, publicBytes]), format: 'der', type: 'spki' });
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    // All zeros, which OpenSSL refuses as the specification demands.
    return null;
  }
}

/** The key that seals the file key, from what was agreed, the sender's share and the recipient's public key. */
export function wrapKeyOf(agreed: Buffer, share: Uint8Array, recipient: Uint8Array): Buffer {
  return derive(agreed, Buffer.concat([share, recipient]), 'age-encryption.org/v1/X25519');
}

/** HKDF with SHA-256, the one way in which age derives keys. */
export function derive(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}
