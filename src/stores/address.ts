import { UserError } from '../errors.ts';
import type { ManagerKind, ManagerUri } from './store.ts';

/** A secret in a secrets manager, and the field in it that is the key. */
export interface Address {
  readonly kind: ManagerKind;
  /** The address as it is written: what names the key's place everywhere. */
  readonly uri: ManagerUri;
  /** The mount of Vault, the region of AWS, the project of Google. */
  readonly scope: string;
  readonly path: string;
  /** Null: the secret is the key and nothing else (Vault, where a secret has fields, takes `value`). */
  readonly field: string | null;
}

interface Form {
  readonly scope: RegExp;
  readonly path: RegExp;
  /** How it is written. */
  readonly written: string;
}

const SEGMENTS = /^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[A-Za-z0-9._~@+=: -]+(?:\/[A-Za-z0-9._~@+=: -]+)*$/;

/** What each manager allows, from its API documentation. */
const FORMS: Readonly<Record<ManagerKind, Form>> = {
  vault: { scope: SEGMENTS, path: SEGMENTS, written: 'vault://MOUNT/PATH#FIELD' },
  'aws-sm': {
    scope: /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/,
    path: /^[A-Za-z0-9/_+=.@-]{1,512}$/,
    written: 'aws-sm://REGION/SECRET-NAME#JSON-KEY',
  },
  'gcp-sm': {
    scope: /^(?:[a-z][a-z0-9-]{4,28}[a-z0-9]|\d{1,20})$/,
    path: /^[A-Za-z0-9_-]{1,255}$/,
    written: 'gcp-sm://PROJECT/SECRET-NAME#JSON-KEY',
  },
};

/** How addresses are written, for hints. */
export const ADDRESS_FORMS = Object.values(FORMS)
  .map(({ written }) => written)
  .join(', ');

const FIELD = /^[A-Za-z0-9_][A-Za-z0-9_.@ -]{0,127}$/;

/**
 * Reads an address: `vault://<mount>/<path>[#field]`, `aws-sm://<region>/<secret-name>[#json-key]`,
 * `gcp-sm://<project>/<secret-name>[#json-key]`.
 * @throws {UserError} `usage` saying what is wrong with it.
 */
export function parseAddress(text: string): Address {
  const [, kind = '', rest = ''] = /^([a-z0-9-]+):\/\/(.*)$/s.exec(text) ?? [];
  if (!Object.hasOwn(FORMS, kind)) {
    throw badAddress(text, 'it is no address of a secrets manager', ADDRESS_FORMS);
  }
  const form = FORMS[kind as ManagerKind];
  const [, body = '', field] = /^([^#]*)(?:#(.*))?$/s.exec(rest) ?? [];
  const slash = body.indexOf('/');
  const [scope, path] = slash < 0 ? [body, ''] : [body.slice(0, slash), body.slice(slash + 1)];
  const [first = ''] = form.written.slice(kind.length + 3).split('/');
  if (!form.scope.test(scope)) throw badAddress(text, `${quoted(scope)} is no ${first.toLowerCase()}`, form.written);
  if (!form.path.test(path)) throw badAddress(text, `${quoted(path)} is no name of a secret there`, form.written);
  if (field !== undefined && !FIELD.test(field)) throw badAddress(text, `${quoted(field)} is no field`, form.written);
  return { kind: kind as ManagerKind, uri: text as ManagerUri, scope, path, field: field ?? null };
}

function badAddress(text: string, why: string, forms: string): UserError {
  return new UserError('usage', `${quoted(text)}: ${why}`, {
    hint: `an address is written: ${forms}`,
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
