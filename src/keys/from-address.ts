import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { parseAddress } from '../stores/address.ts';
import { openStore } from '../stores/at.ts';
import { fieldsOf } from '../stores/managed/document.ts';
import { type PastedSecret, readPasted } from './format.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';

/**
 * The key that an address of a secrets manager holds now.
 * @throws {UserError} `secret_missing`, or `malformed_key` for what is no key: it would be sent as one.
 */
export async function readAddress(ctx: Context, text: string): Promise<PastedSecret> {
  const { uri } = parseAddress(text);
  const store = await openStore(ctx, uri);
  const secret = await store.get(slotOf('key', 'current'));
  if (secret !== null) return asKey(uri, secret);
  throw (await store.whyMissing?.()) ?? new UserError('secret_missing', `there is no key at ${uri}`);
}

/** What a person typed into a manager may end in a newline, as what they paste may. */
export function asKey(uri: string, secret: Secret): PastedSecret {
  const fields = Object.keys(fieldsOf(secret.reveal()) ?? {});
  if (fields.length > 0) {
    throw new UserError('malformed_key', `${uri} holds JSON with the fields ${fields.slice(0, 10).join(', ')}`, {
      hint: `name the one with the key: ${uri}#${fields[0]}`,
    });
  }
  try {
    return readPasted(secret.reveal());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `what ${uri} holds is no key: ${error.message}`, {
      hint: 'look at it in the manager; or name another field of it behind a #',
      cause: error,
    });
  }
}
