import type { Context } from '../context.ts';
import type { Secret } from '../keys/secret.ts';
import { loadClient } from '../stores/managed/problems.ts';

/** What only the holder of the key pair can open (libsodium's sealed box), as GitHub wants it. @param publicKey base64 */
export async function seal(ctx: Context, secret: Secret, publicKey: string): Promise<string> {
  const { default: sodium } = await loadClient(ctx, 'libsodium-wrappers', () => import('libsodium-wrappers'));
  await sodium.ready;
  const sealed = sodium.crypto_box_seal(Buffer.from(secret.reveal()), Buffer.from(publicKey, 'base64'));
  return Buffer.from(sealed).toString('base64');
}
