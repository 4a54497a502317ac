import { type ArgumentSpec, type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from '../../cli/spec.ts';
import { COMMANDS, COMPLETION_SHELLS } from '../../commands/table.ts';

/** What may stand in a place of the command line. */
export type Values =
  | { readonly of: 'choices'; readonly choices: readonly string[] }
  | { readonly of: 'keys' | 'files' | 'variables' | 'anything' };

export interface OptionWords {
  /** With its dashes. */
  readonly name: string;
  readonly about: string;
  /** Undefined for a switch. */
  readonly value?: { readonly name: string; readonly values: Values };
}

export interface ArgumentWords {
  readonly name: string;
  readonly many: boolean;
  readonly values: Values;
}

export interface CommandWords {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly about: string;
  readonly args: readonly ArgumentWords[];
  readonly options: readonly OptionWords[];
  /** A whole command line of another program stands behind `--`. */
  readonly child: boolean;
}

/** What prints the names of the stored keys, one a line; see `commands/completion.ts`. */
export const NAMES_COMMAND = 'claude-keys completion names 2>/dev/null';

const HELP = { name: '--help', about: 'print help' } as const;

/** The words before any command. */
export const PROGRAM_OPTIONS: readonly OptionWords[] = [
  ...optionWords(GLOBAL_OPTIONS),
  { name: '--version', about: 'print the version' },
  HELP,
];

/** The whole command line as the scripts need it: the table's commands, and the help. */
export function commandWords(): readonly CommandWords[] {
  const commands = Object.entries<CommandSpec>(COMMANDS).map(([name, spec]) => ({
    name,
    aliases: spec.aliases ?? [],
    about: spec.about,
    args: (spec.args ?? []).filter((arg) => !(spec.child && arg.many)).map((arg) => argumentWords(name, arg)),
    options: [...optionWords(spec.options ?? {}), ...optionWords(GLOBAL_OPTIONS), HELP],
    child: spec.child === true,
  }));
  const names = commands.map(({ name }) => name);
  const help = { name: 'command', many: false, values: { of: 'choices', choices: names } as const };
  return [
    ...commands,
    { name: 'help', aliases: [], about: 'print help for a command', args: [help], options: [], child: false },
  ];
}

function argumentWords(command: string, { name, many, key, choices }: ArgumentSpec): ArgumentWords {
  const words = { name, many: many === true };
  if (command === 'completion') return { ...words, values: { of: 'choices', choices: COMPLETION_SHELLS } };
  if (choices !== undefined) return { ...words, values: { of: 'choices', choices } };
  return { ...words, values: { of: key ? 'keys' : /path|file|folder/i.test(name) ? 'files' : 'anything' } };
}

function optionWords(options: Readonly<Record<string, OptionSpec>>): OptionWords[] {
  return Object.entries(options).map(([name, { about, value, choices }]) => ({
    name: `--${name}`,
    about,
    ...(value === undefined ? {} : { value: { name: value, values: valuesOf(name, value, choices) } }),
  }));
}

/** The table's own names for values tell what they are: `PATH`, `VAR`, and `NAME` behind `--var` and `--key`. */
function valuesOf(option: string, value: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { of: 'choices', choices };
  if (value === 'PATH') return { of: 'files' };
  if (option === 'key') return { of: 'keys' };
  return { of: value === 'VAR' || option === 'var' ? 'variables' : 'anything' };
}
