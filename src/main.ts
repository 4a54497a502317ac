import { parseHot, splitChild } from './cli/parse.ts';
import { GLOBAL_OPTIONS, type RawInput } from './cli/spec.ts';
import { BODIES } from './commands/index.ts';
import type { CommandName } from './commands/table.ts';
import type { Context, Host } from './context.ts';
import { EXIT, UserError } from './errors.ts';
import { holdsSecret, secretAsArgument } from './keys/name.ts';
import { createUi, type GlobalOptions } from './terminal/ui.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line.
 * @param argv the arguments behind the program's name
 * @returns the exit code; never throws
 */
export async function main(argv: readonly string[], host: Host): Promise<number> {
  const { own } = splitChild(argv);
  const ctx: Context = { ...host, ui: createUi(host, globalOptions(own)), command: 'claude-keys' };
  try {
    if (own.some(holdsSecret)) throw secretAsArgument();
    return await dispatch(ctx, argv);
  } catch (error) {
    return report(ctx, error);
  }
}

async function dispatch(ctx: Context, argv: readonly string[]): Promise<number> {
  if (argv.every(isGlobalOption)) return (await import('./commands/welcome.ts')).run(ctx);
  const hot = parseHot(argv);
  if (hot !== null) return runCommand(ctx, hot.command, hot.input);
  const { readLine } = await import('./cli/program.ts');
  const reading = readLine(argv, VERSION);
  if ('call' in reading) return runCommand(ctx, reading.call.command, reading.call.input);
  ctx.ui.data(reading.text);
  return EXIT.ok;
}

function isGlobalOption(word: string): boolean {
  return word.startsWith('--') && Object.hasOwn(GLOBAL_OPTIONS, word.slice(2));
}

async function runCommand(ctx: Context, command: CommandName, input: RawInput): Promise<number> {
  // The table gives the input's type and the parsers fill every option in it, so the two agree by construction.
  const body = (await BODIES[command]()) as {
    run(ctx: Context, input: RawInput): Promise<number | { childCode: number }>;
  };
  const result = await body.run({ ...ctx, command }, input);
  return typeof result === 'number' ? result : result.childCode;
}

/** Read before the line is parsed, because a mistake in the line must be told in the form that was asked for. */
function globalOptions(own: readonly string[]): GlobalOptions {
  return {
    json: own.includes('--json'),
    quiet: own.includes('--quiet'),
    noColor: own.includes('--no-color'),
    verbose: own.includes('--verbose'),
  };
}

/** The only place where an error becomes text and an exit code. */
function report(ctx: Context, error: unknown): number {
  const known = error instanceof UserError ? error : internalError(error);
  if (ctx.ui.json) {
    ctx.ui.document({ error: { code: known.code, message: known.message, hint: known.hint ?? null } });
  } else {
    ctx.stderr.write(`claude-keys: ${known.message}\n`);
    if (known.hint !== undefined) ctx.stderr.write(`claude-keys: hint: ${known.hint}\n`);
  }
  for (let cause = known.cause; cause instanceof Error; cause = cause.cause) ctx.ui.detail(`cause: ${cause.name}`);
  return known.exitCode;
}

/** A bug: its message may hold anything, so only its kind and the places in our own code are shown. */
function internalError(error: unknown): UserError {
  const name = error instanceof Error ? error.name : typeof error;
  const places =
    error instanceof Error
      ? (error.stack ?? '')
          .match(/[\w.-]+\.(?:js|ts):\d+:\d+/g)
          ?.slice(0, 4)
          .join(' < ')
      : undefined;
  return new UserError('internal', `a bug in claude-keys: ${name}${places ? ` at ${places}` : ''}`, {
    hint: 'please report it, with the command you ran (without any secret)',
  });
}
