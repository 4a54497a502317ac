import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import { UserError } from '../../errors.ts';
import { Secret } from '../../keys/secret.ts';
import type { Address } from '../address.ts';

type Place = Pick<Address, 'uri' | 'field'>;

/**
 * The key in the text that a manager holds: the whole of it, or one field of a JSON object.
 * @returns null when the field is not there
 * @throws {UserError} `store_damaged` when a field is asked for and the text is no JSON object, or the field no text.
 */
export function secretIn(text: string, { uri, field }: Place): Secret | null {
  if (field === null) return new Secret(text);
  const fields = fieldsOf(text);
  if (fields === null) throw notJson(uri, field);
  if (!Object.hasOwn(fields, field)) return null;
  const value = fields[field];
  if (typeof value === 'string') return new Secret(value);
  throw new UserError('store_damaged', `${uri}: the field ${field} holds no text`, {
    hint: 'name the field with the key behind a # in the address',
  });
}

/**
 * The same text with another key in it, and every other field byte for byte as it was.
 * @param text null when there is none yet
 * @param secret null to take the field out
 * @returns null when nothing is left
 * @throws {UserError} `store_damaged` when the text is something else that would be lost.
 */
export function documentWith(text: string | null, { uri, field }: Place, secret: Secret | null): string | null {
  if (field === null) {
    if (text !== null) refuseFields(uri, text);
    return secret?.reveal() ?? null;
  }
  const before = text ?? '{}';
  if (fieldsOf(before) === null) throw notJson(uri, field);
  const changed = applyEdits(before, modify(before, [field], secret?.reveal(), {}));
  return secret === null && Object.keys(fieldsOf(changed) ?? {}).length === 0 ? null : changed;
}

/** Whether two texts differ in nothing but the key. */
export function differInKeyOnly(one: string, other: string, place: Place): boolean {
  return place.field === null || documentWith(one, place, null) === documentWith(other, place, null);
}

/** The object at a place in a JSON text, every character as it came; null when there is none. */
export function objectAt(text: string, ...path: string[]): string | null {
  const tree = parseTree(text);
  const node = tree && findNodeAtLocation(tree, path);
  return node?.type === 'object' ? text.slice(node.offset, node.offset + node.length) : null;
}

/** The fields of a JSON object; null for every other text. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** A secret with several fields must not be written over as if it were a key. */
function refuseFields(uri: string, text: string): void {
  const names = Object.keys(fieldsOf(text) ?? {});
  if (names.length === 0) return;
  throw new UserError(
    'store_damaged',
    `${uri} holds JSON with the fields ${names.slice(0, 10).join(', ')}, not a key`,
    {
      hint: 'name the field with the key behind a # in the address',
    },
  );
}

function notJson(uri: string, field: string): UserError {
  return new UserError('store_damaged', `${uri} holds no JSON object, so there is no field ${field}`, {
    hint: 'leave the # and what is behind it out of the address',
  });
}
