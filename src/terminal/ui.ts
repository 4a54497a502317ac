import type { Host, Output } from '../context.ts';

/** The options that every command has. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly verbose: boolean;
}

/**
 * How a command speaks: data to standard output, everything else to standard error. With `--json` standard output is
 * one document, given to {@link Ui.document}; `--quiet` keeps warnings and errors and drops the rest.
 */
export interface Ui {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether colour may be used on standard output / standard error. */
  readonly colorOut: boolean;
  readonly colorErr: boolean;
  /** Data, with its own line ends, to standard output. */
  data(text: string): void;
  /** The one JSON document of a `--json` run. */
  document(value: unknown): void;
  /** What was done, for a person; dropped by `--quiet` and with `--json`. */
  done(message: string): void;
  /** Something worth knowing while waiting or in passing; dropped by `--quiet`. */
  note(message: string): void;
  warn(message: string, hint?: string): void;
  /** Shown with `--verbose` only. Never a value of anything that could be secret. */
  detail(message: string): void;
}

export function createUi(host: Host, options: GlobalOptions): Ui {
  const { json, quiet, verbose } = options;
  const say = (message: string) => host.stderr.write(`claude-keys: ${message}\n`);
  return {
    json,
    quiet,
    get colorOut() {
      return mayColor(host, options, host.stdout);
    },
    get colorErr() {
      return mayColor(host, options, host.stderr);
    },
    data: (text) => host.stdout.write(text),
    document: (value) => host.stdout.write(`${escaped(JSON.stringify(value, null, 2))}\n`),
    done: (message) => {
      if (!quiet && !json) host.stderr.write(`${message}\n`);
    },
    note: (message) => {
      if (!quiet) say(message);
    },
    warn: (message, hint) => {
      say(`warning: ${message}`);
      if (hint !== undefined) say(`hint: ${hint}`);
    },
    detail: (message) => {
      if (verbose) say(message);
    },
  };
}

/** JSON leaves some characters as they are that steer a terminal or hide text; escaped, they mean the same to a program. */
function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** NO_COLOR (no-color.org) and `--no-color` win, then FORCE_COLOR, then whether it is a terminal that can. */
function mayColor({ env }: Host, options: GlobalOptions, output: Output): boolean {
  if (options.noColor || env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return output.isTTY && env['TERM'] !== 'dumb';
}
