import { chmodSync, statSync } from 'node:fs';
import type { Context } from '../../context.ts';
import { replaceFile } from '../../files/replace.ts';
import { decodeBech32 } from './bech32.ts';
import { askPassphrase, passphraseFromEnvironment, wrongPassphrase } from './passphrase.ts';
import { damagedIdentity } from './problems.ts';

/** The private keys of an identity file, 32 bytes each: `keys.age` is encrypted to the first, any may open it. */
export type Identities = readonly [Buffer, ...Buffer[]];

const PREFIX = 'AGE-SECRET-KEY-';
const SEALED = ['age-encryption.org/v1\n', '-----BEGIN AGE ENCRYPTED FILE-----'];

/** Whether this identity file is itself encrypted with a passphrase. */
export function isSealed(content: Buffer): boolean {
  return SEALED.some((start) => content.toString('latin1', 0, start.length) === start);
}

/**
 * The identities in the text of an identity file, as age reads it: one a line, `#` begins a comment. At least one.
 * @throws {UserError} `store_damaged`
 */
export function parseIdentities(ctx: Context, content: string): Identities {
  const { identityFile } = ctx.paths;
  const lines = content.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...others] = lines.map((text) => {
    const key = decodeBech32(text, PREFIX);
    if (key?.length === 32) return key;
    throw damagedIdentity(identityFile, `it has a line that is no ${PREFIX}1… or not a whole one`);
  });
  if (first === undefined) throw damagedIdentity(identityFile, 'it holds no identity');
  return [first, ...others];
}

/**
 * Opens an identity file that is sealed with a passphrase; takes about a second, by design of scrypt.
 * @throws {UserError} `store_locked` without a passphrase, `wrong_passphrase`, `store_damaged`
 */
export async function unseal(ctx: Context, content: Buffer): Promise<Identities> {
  const passphrase = await askPassphrase(ctx);
  const { openWithPassphrase } = await import('./age.ts');
  const opened = await openWithPassphrase(content, passphrase).catch(() => {
    throw damagedIdentity(ctx.paths.identityFile, 'it is cut off or changed, or is not encrypted with a passphrase');
  });
  if (opened === null) throw wrongPassphrase(ctx);
  return parseIdentities(ctx, opened);
}

/**
 * Makes the identity file, sealed when the environment gives a passphrase. The caller holds the lock and has made sure
 * that there is neither an identity nor anything that was encrypted to one.
 */
export async function createIdentity(ctx: Context): Promise<Buffer> {
  const passphrase = passphraseFromEnvironment(ctx);
  const { newIdentityFile, sealWithPassphrase } = await import('./age.ts');
  const content = newIdentityFile(ctx.now());
  const [identity] = parseIdentities(ctx, content);
  replaceFile(ctx.paths.identityFile, passphrase === null ? content : await sealWithPassphrase(content, passphrase));
  return identity;
}

/** Takes the identity file away from everyone but its owner, where it is ours to do so. */
export function narrowMode(file: string): void {
  try {
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  } catch {
    // Someone else's file, or a file system without modes: it is as private as its owner made it.
  }
}
