import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { listKeys, readRegistry } from '../keys/registry.ts';
import { bashCompletion } from '../shells/completion/bash.ts';
import { fishCompletion } from '../shells/completion/fish.ts';
import { powershellCompletion } from '../shells/completion/powershell.ts';
import { zshCompletion } from '../shells/completion/zsh.ts';
import type { COMPLETION_SHELLS, InputOf } from './table.ts';

const SCRIPTS: { readonly [N in (typeof COMPLETION_SHELLS)[number]]: () => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};

/** Prints a completion script, made from the table of commands; `names` is what those scripts ask for the keys. */
export async function run(ctx: Context, { args }: InputOf<'completion'>): Promise<ExitCode> {
  const [shell = ''] = args;
  if (shell === 'names') ctx.ui.data(names(ctx));
  else if (Object.hasOwn(SCRIPTS, shell)) ctx.ui.data(SCRIPTS[shell as keyof typeof SCRIPTS]());
  else {
    throw new UserError('usage', `there is no completion for ${JSON.stringify(shell.slice(0, 40))}`, {
      hint: `the shells are: ${Object.keys(SCRIPTS).join(', ')}`,
    });
  }
  return EXIT.ok;
}

/** One a line. Whatever is wrong is not told in the middle of a line that someone is typing. */
function names(ctx: Context): string {
  try {
    return listKeys(readRegistry(ctx))
      .map(({ name }) => `${name}\n`)
      .join('');
  } catch {
    return '';
  }
}
