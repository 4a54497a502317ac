import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';

/** Where a new secret may come from besides the prompt and standard input. */
export interface SourceOptions {
  readonly 'from-env': string | undefined;
  readonly 'from-file': string | undefined;
}

const MAX_BYTES = 64 * 1024;

/**
 * The text that holds a new secret: from `--from-env`, `--from-file`, the hidden prompt on a terminal, or standard
 * input. It is as it was given: `readPasted` finds the secret in it.
 * @throws {UserError} `usage` for a variable or file that is not there, `missing_input` when nothing came.
 */
export async function obtainSecretText(ctx: Context, options: SourceOptions, question: string): Promise<string> {
  const { 'from-env': variable, 'from-file': file } = options;
  if (variable !== undefined && file !== undefined) {
    throw new UserError('usage', '--from-env and --from-file cannot be used together', { hint: 'give one of them' });
  }
  if (variable !== undefined) return fromEnvironment(ctx, variable);
  if (file !== undefined) return fromFile(ctx, file);
  if (ctx.stdin.isTTY) return (await ctx.prompter()).secret(question);
  return present(decode(await ctx.stdin.read(MAX_BYTES)), 'nothing came on standard input');
}

/** @throws {UserError} `missing_input` when the variable is not set or empty. */
export function fromEnvironment(ctx: Context, variable: string): string {
  return present(ctx.env[variable] ?? '', `the environment variable ${variable} is not set`);
}

function fromFile(ctx: Context, path: string): string {
  const file = resolve(ctx.cwd, path);
  try {
    if (statSync(file).size > MAX_BYTES)
      throw new UserError('malformed_key', `${path} is too large to hold a key alone`);
    return present(decode(readFileSync(file)), `${path} is empty`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = systemCode(error) === 'ENOENT' ? 'there is no such file' : 'it cannot be read';
    throw new UserError('usage', `--from-file ${path}: ${why}`, {
      hint: 'give the path of a file that holds the key',
      cause: error,
    });
  }
}

/** PowerShell's `>` writes UTF-16 with a byte order mark. */
function decode(bytes: Buffer): string {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le') : bytes.toString('utf8');
}

function present(text: string, otherwise: string): string {
  if (text.trim() !== '') return text;
  throw new UserError('missing_input', otherwise, {
    hint: 'pipe the key in, or name where it is: --from-env VAR, --from-file PATH',
  });
}
