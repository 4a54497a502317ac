import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { type ChosenKey, chooseKey } from '../keys/chosen.ts';
import type { KeyKind } from '../keys/entry.ts';
import { VARIABLE_OF } from '../keys/kind.ts';
import { resolveKey } from '../keys/resolve.ts';
import { callingShell } from '../shells/detect.ts';
import { SHELLS } from '../shells/index.ts';
import type { Shell, ShellName } from '../shells/shell.ts';
import { secretToTerminal } from '../shells/terminal-guard.ts';
import { checkVariable } from '../shells/variable.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'export'>['options'];

/**
 * Prints what sets the variable: code for a shell, or a file format. Nothing is read from a store when the output is
 * going to be refused, or when the variable is to be unset.
 */
export async function run(ctx: Context, { args, options }: InputOf<'export'>): Promise<ExitCode> {
  const format = formatOf(ctx, options);
  const given = options.var === undefined ? undefined : checkVariable(options.var);
  if (options.unset) {
    const variable = given ?? VARIABLE_OF[kindOf(ctx, args[0], options)];
    if (format === 'json') ctx.ui.document({ [variable]: null });
    else ctx.ui.data(`${(await shellFor(ctx, options)).unsetVar(variable)}\n`);
    return EXIT.ok;
  }
  const key = await chooseKey(ctx, args[0], options.from);
  if (ctx.stdout.isTTY && !options.force) throw await refusal(ctx, options, key);
  const shell = format === undefined ? await shellFor(ctx, options) : null;
  const file = format === 'github-actions' ? githubFile(ctx) : '';
  const { secret, kind } = await key.read(options.format);
  const variable = given ?? VARIABLE_OF[kind];
  if (shell !== null) ctx.ui.data(`${shell.setVar(variable, secret.reveal())}\n`);
  else if (format === 'json') ctx.ui.document({ [variable]: secret.reveal() });
  else if (format === 'dotenv') {
    const { dotenvLine } = await import('../shells/dotenv.ts');
    ctx.ui.data(`${dotenvLine(variable, secret.reveal())}\n`);
  } else await toGithubActions(ctx, file, variable, secret.reveal());
  return EXIT.ok;
}

/** Which variable is meant is known without the secret, except from an address. */
function kindOf(ctx: Context, name: string | undefined, { from }: Options): KeyKind {
  return from === undefined ? resolveKey(ctx, name).entry.kind : 'api';
}

/** The form that is asked for: undefined for shell code. `--json` asks for the JSON form. */
function formatOf(ctx: Context, { format, shell, unset }: Options): string | undefined {
  const asked = format ?? (ctx.ui.json ? 'json' : undefined);
  if (shell !== undefined && asked !== undefined) throw clash('--shell', format === undefined ? '--json' : '--format');
  if (asked === undefined || asked === 'json') return asked;
  if (ctx.ui.json) throw clash('--json', `--format ${asked}`);
  if (unset) throw clash('--unset', `--format ${asked}`);
  return asked;
}

function clash(one: string, other: string): UserError {
  return new UserError('usage', `${one} and ${other} exclude each other`, { hint: 'see: claude-keys export --help' });
}

async function shellFor(ctx: Context, { shell }: Options): Promise<Shell> {
  const found = shell === undefined ? await callingShell(ctx) : SHELLS[shell as ShellName];
  if (found !== null) return found;
  throw new UserError('usage', 'which shell is to read this? neither the calling program nor SHELL tells', {
    hint: `name it: --shell ${Object.keys(SHELLS).join('|')}`,
  });
}

/** Names the line to type in the shell that is in use. */
async function refusal(ctx: Context, options: Options, { words: name }: ChosenKey): Promise<UserError> {
  const { shell, format } = options;
  if (format !== undefined || ctx.ui.json) return secretToTerminal('send it to a file or a pipe');
  const reader = shell === undefined ? await callingShell(ctx) : SHELLS[shell as ShellName];
  // Nushell's line asks for JSON, which goes with no --shell.
  const words = [
    'claude-keys export',
    name,
    option('shell', shell === 'nushell' ? undefined : shell),
    option('var', options.var),
  ];
  const command = words.filter(Boolean).join(' ');
  if (reader === null) return secretToTerminal(`hand it to a command: claude-keys exec ${name} -- COMMAND`);
  return secretToTerminal(`let the shell read it: ${reader.evaluate(command)}`);
}

function option(name: string, value: string | undefined): string {
  return value === undefined ? '' : `--${name} ${value}`;
}

function githubFile({ env }: Context): string {
  const file = env['GITHUB_ENV'];
  if (file) return file;
  throw new UserError('usage', 'GITHUB_ENV is not set: this is not a step of a GitHub Actions workflow', {
    hint: 'outside of GitHub Actions use: --format dotenv, or --shell',
  });
}

async function toGithubActions(ctx: Context, file: string, variable: string, value: string): Promise<void> {
  const { appendVariable, maskCommand } = await import('../shells/github-actions.ts');
  // The mask first: from the moment a later step can read the value, no log shows it.
  ctx.ui.data(`${maskCommand(value)}\n`);
  appendVariable(file, variable, value);
}
