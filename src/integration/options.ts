import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { checkName } from '../keys/name.ts';
import { allowFile } from './allowed.ts';
import type { IntegratedShell } from './code/index.ts';

/** What the user asks for: the options of `shell install` and `shell init`. */
export interface Wishes {
  /** The key that is meant where none is named; null: the one that claude-keys finds for the folder. */
  readonly key: string | null;
  /** The key is exported when a shell starts. */
  readonly eager: boolean;
  /** The key follows the `.claude-keys` files of the folders that the user allowed. */
  readonly auto: boolean;
  /** What is due is shown once a day. */
  readonly remind: boolean;
  /** Commands that run under `claude-keys exec`. */
  readonly wraps: readonly string[];
}

/** What is put into a shell: what was asked for, and where things lie on this machine. */
export interface Integration extends Wishes {
  /** Runs claude-keys where it is not on PATH. */
  readonly program: readonly string[];
  /** The allow list, when CLAUDE_KEYS_HOME does not say otherwise (`allowed.ts`). */
  readonly allowFile: string;
  /** Where what is due is kept as one line. */
  readonly reminderFile: string;
  /**
   * Where the completion script is, to be read at the first TAB; null: the script is put into the code.
   * For fish a folder for `fish_complete_path`, for zsh one for `fpath`, else the file.
   */
  readonly completion: string | null;
}

/** @throws {UserError} `usage`, `bad_name` for what no shell could take. */
export function checkWishes({ key, wraps, eager, auto, remind }: Wishes): Wishes {
  const checked = { key: key === null ? null : checkName(key), wraps: [...new Set(wraps.map(checkWrap))] };
  return { ...checked, eager, auto, remind };
}

export function integrationOf(ctx: Context, wishes: Wishes, completion: string | null): Integration {
  const program = [ctx.program.node, ctx.program.script];
  return { ...wishes, program, allowFile: allowFile(ctx), reminderFile: ctx.paths.reminderFile, completion };
}

/** The command that makes the same again; `status` reads it from the first line of what was made. */
export function commandLine(action: 'install' | 'init', shell: IntegratedShell, wishes: Wishes): string {
  const { key, eager, auto, remind, wraps } = wishes;
  return [
    `claude-keys shell ${action} ${shell}`,
    ...(key === null ? [] : [`--key ${key}`]),
    ...(eager ? ['--eager'] : []),
    ...(auto ? ['--auto'] : []),
    ...(remind ? ['--remind'] : []),
    ...wraps.map((command) => `--wrap ${command}`),
  ].join(' ');
}

/** What a wrapper of that name would break: the shells' own words, and ours. */
const NOT_WRAPPED = new Set(
  `alias and begin bg break builtin case cd command continue def declare dirs disown do done echo elif else end esac
  eval exec exit export false fc fg fi for foreach function functions hash if in jobs kill let local mut not or popd
  printf prompt pushd pwd read readonly return select set setopt shift source string switch test then time times trap
  true type typeset ulimit umask unalias unset until wait where whence while claude-keys ckuse ckunuse`.split(/\s+/),
);

/**
 * The command, if a function may have its name in every shell.
 * @throws {UserError} `usage`
 */
function checkWrap(command: string): string {
  if (/^[A-Za-z][A-Za-z0-9_+-]{0,63}(\.[A-Za-z0-9_+-]+)*$/.test(command) && !NOT_WRAPPED.has(command)) return command;
  throw new UserError('usage', `${JSON.stringify(command.slice(0, 80))} cannot be wrapped`, {
    hint: 'give the name of a program, without its folder: --wrap claude',
  });
}

/** The lines on top of everything that is generated; what made it stands in the second one. */
export function heading(shell: IntegratedShell, integration: Integration): string {
  const action = integration.completion === null ? 'init' : 'install';
  return `# claude-keys for ${shell}: made by a command, to be changed by running it again and not by an editor.
${MADE_BY}${commandLine(action, shell, integration)}`;
}

export const MADE_BY = '# made by: ';

/** What is said where the program is neither on PATH nor where it was: removed, or moved with another Node. */
export function goneWords(shell: IntegratedShell, { program }: Integration): readonly [message: string, hint: string] {
  return [
    `claude-keys: it is not on PATH, nor where it was: ${program.at(-1)}`,
    `claude-keys: hint: install it again, then: claude-keys shell install ${shell}; or take its block out of the profile`,
  ];
}

/** The variables of the three kinds of keys: what `ckunuse` takes away where nothing tells what `ckuse` has set. */
export const OWN_VARIABLES = 'ANTHROPIC_API_KEY ANTHROPIC_ADMIN_KEY CLAUDE_CODE_OAUTH_TOKEN';
