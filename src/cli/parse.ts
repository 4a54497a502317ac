import { parseArgs } from 'node:util';
import { COMMANDS, type CommandName } from '../commands/table.ts';
import { type CommandSpec, GLOBAL_OPTIONS, type OptionSpec, type RawInput } from './spec.ts';

/** A command line that was understood. */
export interface Call {
  readonly command: CommandName;
  readonly input: RawInput;
}

/** Everything before the first `--`, and everything behind it (undefined when there is none). */
export function splitChild(argv: readonly string[]): { own: string[]; child: string[] | undefined } {
  const at = argv.indexOf('--');
  return at < 0 ? { own: [...argv], child: undefined } : { own: argv.slice(0, at), child: argv.slice(at + 1) };
}

/**
 * Reads the line of a hot command. Null for everything it is not sure of (another command, `--help`, a mistake): then
 * commander looks at the same line, and explains.
 */
export function parseHot(argv: readonly string[]): Call | null {
  const { own, child } = splitChild(argv);
  const [command, ...rest] = own;
  const spec = specOf(command);
  if (spec?.hot !== true || (child !== undefined && spec.child !== true)) return null;
  try {
    const declared = { ...spec.options, ...GLOBAL_OPTIONS };
    const { values, positionals } = parseArgs({ args: rest, options: forParseArgs(declared), allowPositionals: true });
    if (positionals.length > (spec.args?.length ?? 0) || !choicesHold(declared, values)) return null;
    return { command: command as CommandName, input: { args: positionals, options: complete(spec, values), child } };
  } catch {
    return null;
  }
}

type Options = Readonly<Record<string, OptionSpec>>;
type Values = Readonly<Record<string, unknown>>;

function specOf(command: string | undefined): CommandSpec | undefined {
  return command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command as CommandName] : undefined;
}

function forParseArgs(options: Options) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { value, many }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: many === true },
    ]),
  );
}

function choicesHold(options: Options, values: Values): boolean {
  return Object.entries(options).every(
    ([name, { choices }]) =>
      choices === undefined || values[name] === undefined || choices.includes(String(values[name])),
  );
}

/** Every option of the command is there: false or undefined where it was not given. */
export function complete(spec: CommandSpec, values: Values): RawInput['options'] {
  return Object.fromEntries(
    Object.entries(spec.options ?? {}).map(([name, option]) => {
      const value = values[name] as string | boolean | string[] | undefined;
      return [name, value ?? (option.many ? [] : option.value === undefined ? false : undefined)];
    }),
  );
}
