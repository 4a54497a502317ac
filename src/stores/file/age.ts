import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ScryptIdentity, ScryptRecipient } from './scrypt.ts';

/**
 * Everything that is done with typage, whose parts take 30 ms to load: import this file when it is used. Reading
 * `keys.age` does not need it (`age-reader.ts`).
 */

/** The file, encrypted to this identity (`AGE-SECRET-KEY-1…`), binary. */
export async function encryptFor(identity: string, content: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return encrypter.encrypt(content);
}

/** A new identity file as `age-keygen` writes it, unprotected. */
export async function newIdentityFile(now: Date): Promise<string> {
  const identity = await generateX25519Identity();
  const created = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return `# created: ${created}\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`;
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
