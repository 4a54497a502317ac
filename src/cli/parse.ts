import { LEAKS } from '../commands/table/leaks.ts';
import { USE } from '../commands/table/use.ts';
import type { CommandName } from '../commands/table.ts';
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
 * commander looks at the same line, and explains. By hand, since loading `parseArgs` takes longer than all of this.
 */
export function parseHot(argv: readonly string[]): Call | null {
  const { own, child } = splitChild(argv);
  const [command, ...rest] = own;
  const spec = specOf(command);
  if (spec?.hot !== true || (child !== undefined && spec.child !== true)) return null;
  const words = readWords(rest, { ...spec.options, ...GLOBAL_OPTIONS });
  if (words === null || words.args.length > (spec.args?.length ?? 0)) return null;
  return {
    command: command as CommandName,
    input: { args: words.args, options: complete(spec, words.values), child },
  };
}

type Values = Readonly<Record<string, unknown>>;

/** The whole table would be read at every start for a command or two. */
const FAST: Readonly<Record<string, CommandSpec>> = { ...USE, ...LEAKS };

function specOf(command: string | undefined): CommandSpec | undefined {
  return command !== undefined && Object.hasOwn(FAST, command) ? FAST[command] : undefined;
}

/** `--name`, `--name value`, `--name=value` and words without a dash; null for anything else. */
function readWords(
  words: readonly string[],
  options: Readonly<Record<string, OptionSpec>>,
): { args: string[]; values: Values } | null {
  const args: string[] = [];
  const values: Record<string, string | true | string[]> = {};
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      args.push(word);
      continue;
    }
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) return null;
    if (option.value === undefined) {
      if (inline !== undefined) return null;
      values[name] = true;
      continue;
    }
    if (inline === undefined) at += 1;
    const value = inline ?? words[at];
    if (value === undefined || (inline === undefined && value.startsWith('-'))) return null;
    if (option.choices !== undefined && !option.open && !option.choices.includes(value)) return null;
    if (option.many) values[name] = [...((values[name] as string[] | undefined) ?? []), value];
    else values[name] = value;
  }
  return { args, values };
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
