import { readFileSync } from 'node:fs';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';

const VALUE = 'CLAUDE_KEYS_PASSPHRASE';
const FILE = 'CLAUDE_KEYS_PASSPHRASE_FILE';

/**
 * The passphrase that the environment gives: `CLAUDE_KEYS_PASSPHRASE`, else the first line of the file that
 * `CLAUDE_KEYS_PASSPHRASE_FILE` names, else null.
 * @throws {UserError} `usage` when what is set gives none: a script whose secret did not arrive must not go on without.
 */
export function passphraseFromEnvironment(ctx: Context): string | null {
  const value = ctx.env[VALUE];
  if (value !== undefined) {
    if (value !== '') return value;
    throw new UserError('usage', `${VALUE} is set but empty`, { hint: `give it the passphrase, or: unset ${VALUE}` });
  }
  const file = ctx.env[FILE];
  return file === undefined ? null : firstLine(file);
}

function firstLine(file: string): string {
  const hint = `put the passphrase in its first line, or: unset ${FILE}`;
  if (file === '') throw new UserError('usage', `${FILE} is set but empty`, { hint });
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UserError('usage', `the file that ${FILE} names cannot be read: ${file}`, { hint, cause });
  }
  const line = content.split(/\r?\n/, 1)[0];
  if (line) return line;
  throw new UserError('usage', `the file that ${FILE} names has no passphrase in its first line: ${file}`, { hint });
}

/**
 * The passphrase for an identity that has one: from the environment, else from the person at the terminal.
 * @throws {UserError} `store_locked` when there is neither.
 */
export async function askPassphrase(ctx: Context): Promise<string> {
  const given = passphraseFromEnvironment(ctx);
  if (given !== null) return given;
  const { identityFile } = ctx.paths;
  if (ctx.stdin.isTTY) return (await ctx.prompter()).secret(`Passphrase for ${identityFile}`);
  throw new UserError('store_locked', `${identityFile} is protected by a passphrase and there is no terminal to ask`, {
    hint: `set ${VALUE}, or ${FILE} to the path of a file that holds it`,
  });
}

/** Where a wrong passphrase came from, so that the person knows what to correct. */
export function wrongPassphrase(ctx: Context): UserError {
  const source = [VALUE, FILE].find((name) => ctx.env[name] !== undefined);
  return new UserError('wrong_passphrase', `that is not the passphrase of ${ctx.paths.identityFile}`, {
    hint: source === undefined ? 'run the same command again' : `correct ${source}`,
  });
}
