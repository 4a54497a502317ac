import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { listKeys, readRegistry } from '../keys/registry.ts';

/** `claude-keys` without a command: what to do first for a newcomer, what there is for everyone else. */
export async function run(ctx: Context): Promise<ExitCode> {
  const count = listKeys(readRegistry(ctx)).length;
  if (ctx.ui.json) ctx.ui.document({ keys: count });
  else ctx.ui.data(count === 0 ? FIRST : `${count === 1 ? '1 key is' : `${count} keys are`} stored.\n\n${NEXT}`);
  return EXIT.ok;
}

const FIRST = `No keys are stored yet.

  claude-keys add production     store a key: paste it at the hidden prompt
  claude-keys --help             everything else

Keys are made in the Console: platform.claude.com/settings/keys
`;

const NEXT = `  claude-keys status             what is stored, and how it is doing
  claude-keys verify             test the key with a real call
  claude-keys exec -- COMMAND    run a command with the key
  claude-keys --help             everything else
`;
