import { UserError } from '../errors.ts';
import type { KeyKind } from './entry.ts';
import { Secret } from './secret.ts';

/** A secret whose form was looked at. */
export interface PastedSecret {
  readonly secret: Secret;
  readonly kind: KeyKind;
}

interface CredentialForm {
  readonly prefix: RegExp;
  readonly kind: KeyKind;
  /** Characters in all, where the form is exact: prefix, 93 characters, `AA`. */
  readonly exactLength?: number;
  /** Least characters in all, where it is not. */
  readonly minLength?: number;
}

/** The credentials that can be used, from API-FACTS.md, "Credentials". */
const FORMS: readonly CredentialForm[] = [
  { prefix: /^sk-ant-api03-/, kind: 'api', exactLength: 108 },
  { prefix: /^sk-ant-admin01-/, kind: 'admin', exactLength: 110 },
  // Scoped keys of Enterprise organizations: their length is not published.
  { prefix: /^sk-ant-api01-/, kind: 'api', minLength: 40 },
  { prefix: /^sk-ant-oat01-/, kind: 'oauth', minLength: 53 },
];

/** What people paste by mistake, and what to do instead. The first match counts. */
const MISTAKES: readonly (readonly [form: RegExp, what: string, hint: string])[] = [
  [/^sk-ant-ort/, 'a refresh token: it cannot be used as a key', 'take the access token (sk-ant-oat01-…) instead'],
  [/^sk-ant-sid/, 'a claude.ai session cookie: it is no API key', 'make an API key: platform.claude.com/settings/keys'],
  [
    /^sk-ant-(cc|si)-/,
    'a session token that lives for minutes: it is no API key',
    'make an API key: platform.claude.com/settings/keys',
  ],
  [
    /^sk-(?!ant-)/,
    'a key of another service (OpenAI and others begin with sk-)',
    'make a Claude key: platform.claude.com/settings/keys',
  ],
  [/^(gh[pousr]_|github_pat_)/, 'a GitHub token', 'make a Claude key: platform.claude.com/settings/keys'],
  [/^(AKIA|ASIA)[A-Z0-9]{12}/, 'an AWS access key', 'make a Claude key: platform.claude.com/settings/keys'],
  [/^AIza/, 'a Google API key', 'make a Claude key: platform.claude.com/settings/keys'],
];

/** No credential is longer; the smallest store (Windows) holds 2,560 bytes. */
const MAX_LENGTH = 2048;
const MIN_UNKNOWN_LENGTH = 16;
const COPY_AGAIN = 'copy the whole key again from where it was made, and paste it alone';

/**
 * Finds the secret in what a person pasted: surrounding spaces, quotes and line ends are dropped, and a whole
 * assignment (`export ANTHROPIC_API_KEY=…`, `"ANTHROPIC_API_KEY": "…",`, a header line) is taken apart.
 * @param options.allowUnknown accepts any token of printable ASCII
 * @throws {UserError} `malformed_key` saying what is wrong; never with the text itself.
 */
export function readPasted(text: string, options: { readonly allowUnknown?: boolean } = {}): PastedSecret {
  // Counted before anything is taken off, so that no part of what was given is passed over.
  if ((text.match(/sk-ant-/g)?.length ?? 0) > 1) throw malformed('that holds more than one key', 'paste one key alone');
  const value = unwrap(text);
  checkToken(value);
  const form = FORMS.find(({ prefix }) => prefix.test(value));
  if (options.allowUnknown) return { secret: new Secret(value), kind: form?.kind ?? 'api' };
  if (form === undefined) throw unknownForm(value);
  checkForm(value, form);
  return { secret: new Secret(value), kind: form.kind };
}

const ASSIGNMENT =
  /^(?:(?:export|set|setx|setenv|let)\s+(?:-[a-zA-Z]+\s+)*|\$env:|\$)?["']?[A-Za-z_][A-Za-z0-9_.-]*["']?(?:[ \t]*[:=][ \t]*|[ \t]+)(?=["']?(?:bearer[ \t]+)?sk-)/i;

function unwrap(text: string): string {
  const line = text.replace(/^\uFEFF/, '').trim();
  const value = line.replace(ASSIGNMENT, '').replace(/^bearer\s+/i, '');
  return unquote(value === line ? line : value.replace(/[;,]$/, ''));
}

function unquote(value: string): string {
  const quoted = /^(["'`])(.*)\1$/s.exec(value);
  return (quoted?.[2] ?? value).trim();
}

/** What holds for a credential of any form. */
function checkToken(value: string): void {
  if (value === '') throw malformed('there is no key in what was given', COPY_AGAIN);
  if ((value.match(/sk-ant-/g)?.length ?? 0) > 1)
    throw malformed('that holds more than one key', 'paste one key alone');
  if (value.length > MAX_LENGTH) throw malformed(`that has ${value.length} characters: it is no key`, COPY_AGAIN);
  if (/\.\.\.|…|\*\*\*/.test(value)) {
    throw malformed(
      'that is a redacted key: its middle is missing',
      'the whole key is shown only once, when it is made; make a new one',
    );
  }
  const foreign = /[^\x21-\x7e]/u.exec(value);
  if (foreign !== null)
    throw malformed(`${describe(foreign[0])} stands in it at character ${foreign.index + 1}`, COPY_AGAIN);
  if (/["'`\\]/.test(value)) throw malformed('a quote or backslash stands in it', COPY_AGAIN);
  if (value.length < MIN_UNKNOWN_LENGTH)
    throw malformed(`that has only ${value.length} characters: it is no key`, COPY_AGAIN);
}

function checkForm(value: string, { prefix, exactLength, minLength }: CredentialForm): void {
  const name = prefix.exec(value)?.[0] ?? '';
  const body = value.slice(name.length);
  const bad = /[^A-Za-z0-9_-]/.exec(body);
  if (bad !== null) throw malformed(`${describe(bad[0])} stands in it, which no ${name}… key has`, COPY_AGAIN);
  if (minLength !== undefined && value.length < minLength) throw cutOff(name, value.length, `at least ${minLength}`);
  if (exactLength === undefined) return;
  if (value.length < exactLength) throw cutOff(name, value.length, String(exactLength));
  if (value.length > exactLength) {
    throw malformed(
      `it has ${value.length} characters, but a ${name}… key has ${exactLength}: something else hangs on it`,
      COPY_AGAIN,
    );
  }
  if (!value.endsWith('AA')) {
    throw malformed(
      `it does not end as a ${name}… key does: its end was changed`,
      `${COPY_AGAIN}; if it is right all the same: --allow-unknown-format`,
    );
  }
}

function cutOff(name: string, length: number, expected: string): UserError {
  return malformed(`it was cut off: it has ${length} characters, a ${name}… key has ${expected}`, COPY_AGAIN);
}

function unknownForm(value: string): UserError {
  const mistake = MISTAKES.find(([form]) => form.test(value));
  if (mistake !== undefined) return malformed(`that is ${mistake[1]}`, mistake[2]);
  return malformed(
    'that is no Claude key: it does not begin with sk-ant-api03- or another known prefix',
    'if it is one all the same: --allow-unknown-format',
  );
}

const CHARACTER_NAMES: Readonly<Record<string, string>> = {
  ' ': 'a space',
  '\n': 'a line break',
  '\r': 'a line break',
  '\t': 'a tab',
  '\0': 'a NUL',
  '\u00a0': 'a no-break space',
  '\u200b': 'an invisible space (U+200B)',
  '\u2018': 'a curly quote',
  '\u2019': 'a curly quote',
  '\u201c': 'a curly quote',
  '\u201d': 'a curly quote',
  '\ufffd': 'a byte that is no text',
};

function describe(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const kind = point < 0x20 || point === 0x7f ? 'a control character' : 'a character';
  return CHARACTER_NAMES[character] ?? `${kind} (U+${point.toString(16).toUpperCase().padStart(4, '0')})`;
}

function malformed(message: string, hint: string): UserError {
  return new UserError('malformed_key', message, { hint });
}
