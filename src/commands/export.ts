import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { handOut } from '../keys/hand-out.ts';
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
    const variable = given ?? VARIABLE_OF[resolveKey(ctx, args[0]).entry.kind];
    if (format === 'json') ctx.ui.document({ [variable]: null });
    else ctx.ui.data(`${(await shellFor(ctx, options)).unsetVar(variable)}\n`);
    return EXIT.ok;
  }
  const { entry } = resolveKey(ctx, args[0]);
  const variable = given ?? VARIABLE_OF[entry.kind];
  if (ctx.stdout.isTTY && !options.force) throw await refusal(ctx, options, entry);
  const shell = format === undefined ? await shellFor(ctx, options) : null;
  const secret = async () => (await handOut(ctx, entry, options.format)).reveal();
  if (shell !== null) ctx.ui.data(`${shell.setVar(variable, await secret())}\n`);
  else if (format === 'json') ctx.ui.document({ [variable]: await secret() });
  else if (format === 'dotenv') {
    const { dotenvLine } = await import('../shells/dotenv.ts');
    ctx.ui.data(`${dotenvLine(variable, await secret())}\n`);
  } else await toGithubActions(ctx, variable, secret);
  return EXIT.ok;
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
async function refusal(ctx: Context, options: Options, { name }: KeyEntry): Promise<UserError> {
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

async function toGithubActions(ctx: Context, variable: string, secret: () => Promise<string>): Promise<void> {
  const file = ctx.env['GITHUB_ENV'];
  if (!file) {
    throw new UserError('usage', 'GITHUB_ENV is not set: this is not a step of a GitHub Actions workflow', {
      hint: 'outside of GitHub Actions use: --format dotenv, or --shell',
    });
  }
  const { appendVariable, maskCommand } = await import('../shells/github-actions.ts');
  const value = await secret();
  // The mask first: from the moment a later step can read the value, no log shows it.
  ctx.ui.data(`${maskCommand(value)}\n`);
  appendVariable(file, variable, value);
}
