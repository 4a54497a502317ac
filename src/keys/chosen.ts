import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyKind } from './entry.ts';
import type { PastedSecret } from './format.ts';
import { handOut } from './hand-out.ts';
import { resolveKey } from './resolve.ts';

/** The key that a command hands over. */
export interface ChosenKey {
  /** Its name, or the address it comes from. */
  readonly label: string;
  /** Null until it is read: what kind of key is at an address nothing tells before. */
  readonly kind: KeyKind | null;
  /** How it came to be the one that is meant. */
  readonly because: string;
  /** What names it on a command line. */
  readonly words: string;
  /**
   * @param detail where it goes, for the audit log
   * @param meanwhile done while the store is at work, where that takes time
   */
  read(detail?: string, meanwhile?: () => void): Promise<PastedSecret>;
}

/**
 * The stored key that the name means, or with `from` what is at that address of a secrets manager now: then no registry
 * is read, and nothing is written anywhere.
 */
export async function chooseKey(ctx: Context, name: string | undefined, from: string | undefined): Promise<ChosenKey> {
  if (from === undefined) {
    const { entry, because } = resolveKey(ctx, name);
    const { name: label, kind } = entry;
    const read = async (detail: string | null = null, meanwhile?: () => void) => {
      return { secret: await handOut(ctx, entry, detail, meanwhile), kind };
    };
    return { label, kind, because, words: label, read };
  }
  if (name !== undefined) {
    throw new UserError('usage', 'a name and --from cannot be used together', { hint: 'give one of them' });
  }
  const { readAddress } = await import('./from-address.ts');
  return { label: from, kind: null, because: '--from', words: `--from ${from}`, read: () => readAddress(ctx, from) };
}
