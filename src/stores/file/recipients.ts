import { randomBytes, scrypt } from 'node:crypto';
import { type Identity, type Recipient, Stanza } from 'age-encryption';
import { decodeBase64, encodeBase64 } from './age-header.ts';
import { seal, TAG_LENGTH, unseal, ZERO_NONCE } from './seal.ts';
import { agree, privateKeyOf, publicBytesOf, wrapKeyOf } from './x25519.ts';

/**
 * age's recipients for typage to use, made of Node's own cryptography in place of typage's: its X25519 goes through Web
 * Crypto, at which Node 20 warns on standard error; its scrypt takes longer (1.2 s, not 0.75 s at best), blocks the
 * event loop, and cannot tell a wrong passphrase from a damaged file.
 */

/** Whoever has the private key that belongs to this public one. */
export class X25519Recipient implements Recipient {
  readonly #publicBytes: Buffer;

  constructor(publicBytes: Buffer) {
    this.#publicBytes = publicBytes;
  }

  wrapFileKey(fileKey: Uint8Array): Stanza[] {
    const ephemeral = privateKeyOf(randomBytes(32));
    const share = publicBytesOf(ephemeral);
    const agreed = agree(ephemeral, this.#publicBytes);
    if (agreed === null) throw new Error('the public key is a point of low order');
    const key = wrapKeyOf(agreed, share, this.#publicBytes);
    return [new Stanza(['X25519', encodeBase64(share)], seal(key, ZERO_NONCE, fileKey))];
  }
}

const SCRYPT_LABEL = Buffer.from('age-encryption.org/v1/scrypt');
/** 2^18, what age and typage use: about a second of one core and 256 MiB, for each guess as for us. */
const WORK_FACTOR = 18;
/** Beyond this (1 GiB) a file is taken to be made to harm, as typage does. */
const MAX_WORK_FACTOR = 20;
const SALT_LENGTH = 16;
const FILE_KEY_LENGTH = 16;
const BLOCK_SIZE = 8;

/** Whoever knows the passphrase. */
export class ScryptRecipient implements Recipient {
  readonly #passphrase: string;

  constructor(passphrase: string) {
    this.#passphrase = passphrase;
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(SALT_LENGTH);
    const key = await stretch(this.#passphrase, salt, WORK_FACTOR);
    return [new Stanza(['scrypt', encodeBase64(salt), String(WORK_FACTOR)], seal(key, ZERO_NONCE, fileKey))];
  }
}

export class ScryptIdentity implements Identity {
  readonly #passphrase: string;
  /** True once a file was met that another passphrase seals. */
  refused = false;

  constructor(passphrase: string) {
    this.#passphrase = passphrase;
  }

  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const [stanza] = stanzas;
    if (stanza?.args[0] !== 'scrypt' || stanzas.length !== 1) return null;
    const [, saltText = '', factorText = '', ...rest] = stanza.args;
    const salt = decodeBase64(saltText);
    const factor = /^[1-9][0-9]?$/.test(factorText) ? Number(factorText) : null;
    const isWhole = rest.length === 0 && stanza.body.length === FILE_KEY_LENGTH + TAG_LENGTH;
    if (salt?.length !== SALT_LENGTH || factor === null || !isWhole) throw new Error('invalid scrypt stanza');
    if (factor > MAX_WORK_FACTOR) throw new Error('scrypt work factor is too high');
    const fileKey = unseal(await stretch(this.#passphrase, salt, factor), ZERO_NONCE, stanza.body);
    if (fileKey === null) this.refused = true;
    return fileKey;
  }
}

function stretch(passphrase: string, salt: Buffer, workFactor: number): Promise<Buffer> {
  const N = 2 ** workFactor;
  const options = { N, r: BLOCK_SIZE, p: 1, maxmem: 2 * 128 * N * BLOCK_SIZE };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([SCRYPT_LABEL, salt]), 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
