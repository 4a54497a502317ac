import { randomBytes } from 'node:crypto';
import { armor, Decrypter, Encrypter } from 'age-encryption';
import { encodeBech32 } from './bech32.ts';
import { ScryptIdentity, ScryptRecipient, X25519Recipient } from './recipients.ts';
import { privateKeyOf, publicBytesOf } from './x25519.ts';

/**
 * Everything that is done with typage, whose parts take 30 ms to load: import this file when it is used. Reading
 * `keys.age` does not need it (`age-reader.ts`).
 */

/** The content, encrypted to the private key with these 32 bytes, binary. */
export async function encryptFor(key: Buffer, content: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(new X25519Recipient(publicBytesOf(privateKeyOf(key))));
  return encrypter.encrypt(content);
}

/** A new identity file as `age-keygen` writes it, unprotected. */
export function newIdentityFile(now: Date): string {
  const key = randomBytes(32);
  const created = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const recipient = encodeBech32('age', publicBytesOf(privateKeyOf(key)));
  return `# created: ${created}\n# public key: ${recipient}\n${encodeBech32('AGE-SECRET-KEY-', key)}\n`;
}

/** The text as `age --passphrase --armor` seals it. */
export async function sealWithPassphrase(content: string, passphrase: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(new ScryptRecipient(passphrase));
  return armor.encode(await encrypter.encrypt(content));
}

/**
 * The content of a file, binary or armored, that was sealed with a passphrase; null when it was another passphrase.
 * @throws when it is damaged or was not sealed with a passphrase at all.
 */
export async function openWithPassphrase(file: Buffer, passphrase: string): Promise<string | null> {
  const binary = file[0] === '-'.charCodeAt(0) ? armor.decode(file.toString('latin1')) : file;
  const decrypter = new Decrypter();
  const identity = new ScryptIdentity(passphrase);
  decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(binary, 'text');
  } catch (error) {
    if (identity.refused) return null;
    throw error;
  }
}
