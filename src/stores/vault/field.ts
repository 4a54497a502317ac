import type { Address } from '../address.ts';
import { fieldsOf } from '../managed/document.ts';

const USUAL = 'value';

/**
 * The field of a secret that is the key: the one that the address names, else `value`, else the only one there is.
 * The fields of this program's own beside it (`value@pending`) do not count.
 */
export function fieldIn(text: string | null, { field }: Address): string {
  if (field !== null) return field;
  const names = Object.keys(fieldsOf(text ?? '{}') ?? {}).filter(
    (name) => !/@(?:pending|previous|standby-\d+)$/.test(name),
  );
  const [only = USUAL] = names;
  return names.length === 1 ? only : USUAL;
}
