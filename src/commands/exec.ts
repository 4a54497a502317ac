import { basename } from 'node:path';
import { environmentWith } from '../child/environment.ts';
import type { Unusable } from '../child/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { handOut } from '../keys/hand-out.ts';
import { VARIABLE_OF } from '../keys/kind.ts';
import { holdsSecret } from '../keys/name.ts';
import { type ResolvedKey, resolveKey } from '../keys/resolve.ts';
import { checkVariable } from '../shells/variable.ts';
import type { ChildExit } from './index.ts';
import type { InputOf } from './table.ts';

/** Runs the command with the secret in its environment, and in no other place that anyone can see. */
export async function run(ctx: Context, input: InputOf<'exec'>): Promise<ChildExit> {
  const command = commandOf(input);
  const { shield, grant, redis } = input.options;
  if (shield || grant !== undefined || redis !== undefined) {
    return (await import('./exec-shielded.ts')).run(ctx, input, command);
  }
  const wanted =
    input.options.set.length === 0 ? [one(ctx, input)] : (await import('./exec-set.ts')).several(ctx, input);
  const values: Record<string, string> = {};
  for (const { variable, entry, because } of wanted) {
    values[variable] = (await handOut(ctx, entry, nameOf(command))).reveal();
    ctx.ui.detail(`${variable} is set from the key ${entry.name} (${because})`);
  }
  const { env, removed } = environmentWith(ctx.env, values);
  if (removed.length > 0) ctx.ui.detail(`removed from the environment: ${removed.join(', ')}`);
  const { runChild } = await import('../child/index.ts');
  return toExit(ctx, await runChild(command, env));
}

/** A variable, and the key that it is set from. */
export interface Wanted extends Pick<ResolvedKey, 'entry' | 'because'> {
  readonly variable: string;
}

/** The key that is named, or meant where none is. */
export function one(ctx: Context, { args, options }: InputOf<'exec'>): Wanted {
  const given = options.var === undefined ? undefined : checkVariable(options.var);
  const { entry, because } = resolveKey(ctx, args[0]);
  return { entry, because, variable: given ?? VARIABLE_OF[entry.kind] };
}

/** How the child ended. The codes of a shell, 126 and 127, are none of ours: told here, and not thrown. */
export function toExit(ctx: Context, end: number | Unusable): ChildExit {
  if (typeof end === 'number') return { childCode: end };
  if (ctx.ui.json) ctx.ui.document({ error: { code: 'command_failed', message: end.message, hint: null } });
  else ctx.stderr.write(`claude-keys: ${end.message}\n`);
  return { childCode: end.childCode };
}

/** The program alone: its arguments may hold anything. */
function nameOf([program = '']: readonly string[]): string {
  const name = basename(program);
  return holdsSecret(name) ? 'a program with a secret in its name' : name.slice(0, 64);
}

function commandOf({ args, child }: InputOf<'exec'>): readonly string[] {
  const [name, first] = args;
  if (child !== undefined && child.length > 0 && first === undefined) return child;
  const message =
    first !== undefined
      ? 'the command goes behind --'
      : child === undefined
        ? 'there is no -- and no command behind it'
        : 'there is no command behind --';
  throw new UserError('usage', message, {
    hint: `claude-keys exec ${name ?? 'NAME'} -- ${first === undefined ? 'COMMAND' : `${first} …`}`,
  });
}
