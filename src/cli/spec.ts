/**
 * The words of the command line as data: one table from which the parser, the help, the completion scripts and the
 * documents are made, and from which a command's input gets its type.
 */
export interface OptionSpec {
  /** What the help says. */
  readonly about: string;
  /** The name of the value, for an option that takes one: `LABEL` in `--env LABEL`. */
  readonly value?: string;
  /** The values there are, where they are few. */
  readonly choices?: readonly string[];
  /** The choices are the commonest of many. */
  readonly open?: true;
  /** May be given several times. */
  readonly many?: true;
  /** The one choice of the first argument that it belongs to, `''` for none: refused with any other. */
  readonly of?: string;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
  readonly required?: true;
  readonly many?: true;
  readonly choices?: readonly string[];
  /** The argument is the name of a stored key: completion offers those. */
  readonly key?: true;
}

export interface CommandSpec {
  readonly group: 'Keys' | 'Targets' | 'Console' | 'Use' | 'Leaks' | 'Watch' | 'Access' | 'Setup';
  readonly about: string;
  readonly aliases?: readonly string[];
  readonly args?: readonly ArgumentSpec[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** Takes `-- command [args…]`. */
  readonly child?: true;
  /** Must start fast: its line is read by node:util and not by commander, which takes 7 ms to load. */
  readonly hot?: true;
  readonly examples?: readonly string[];
}

type OptionValue<O extends OptionSpec> = O extends { readonly many: true }
  ? readonly string[]
  : O extends { readonly value: string }
    ? string | undefined
    : boolean;

/** What a command is given: its arguments, its options by their long names, and the child's command line. */
export interface Input<S extends CommandSpec = CommandSpec> {
  readonly args: readonly string[];
  readonly options: S['options'] extends Readonly<Record<string, OptionSpec>>
    ? { readonly [K in keyof S['options']]: OptionValue<S['options'][K]> }
    : Readonly<Record<never, never>>;
  /** What stands behind `--`; undefined when there is no `--`. */
  readonly child: readonly string[] | undefined;
}

/** An input before its command gives it a type. */
export interface RawInput {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly child: readonly string[] | undefined;
}

export const GLOBAL_OPTIONS = {
  json: { about: 'one JSON document on standard output' },
  quiet: { about: 'warnings and errors only' },
  'no-color': { about: 'no colours' },
  verbose: { about: 'say more on standard error (never values)' },
} as const satisfies Record<string, OptionSpec>;
