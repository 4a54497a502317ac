import { UserError } from '../errors.ts';

/** The form of a key's name, from CONTRACT.md. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Text that holds a Claude credential, whole or cut off, wherever it stands. A redacted form is not one. */
const HOLDS_SECRET = /sk-ant-[A-Za-z0-9_-]{12,}/i;
const SHORTEST = 'sk-ant-'.length + 12;

/** True for text that must not be repeated anywhere, not even in an error. */
export function holdsSecret(text: string): boolean {
  // To make the expression ready takes 0.2 ms, and most words are shorter than what it looks for.
  return text.length >= SHORTEST && HOLDS_SECRET.test(text);
}

/** The refusal for a secret that was given where a name or an argument belongs. It does not repeat the secret. */
export function secretAsArgument(): UserError {
  return new UserError(
    'secret_as_argument',
    'that argument is a secret, not a name; it now stands in your shell history and was visible to other programs',
    {
      hint: 'replace it in the Console (platform.claude.com/settings/keys), clear it from the history, then run: claude-keys add NAME',
    },
  );
}

/**
 * The name, if it is one.
 * @throws {UserError} `secret_as_argument` when it looks like a credential, `bad_name` when it has another form.
 */
export function checkName(name: string): string {
  if (/sk-ant-/i.test(name)) throw secretAsArgument();
  if (!NAME.test(name)) {
    throw new UserError('bad_name', `${JSON.stringify(name.slice(0, 80))} is not a key name`, {
      hint: 'a name has 1 to 64 letters, digits, dots, dashes or underscores and begins with a letter or digit',
    });
  }
  return name;
}
