import { basename } from 'node:path';
import { environmentWith } from '../child/environment.ts';
import type { Launch, Unusable } from '../child/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type ChosenKey, chooseKey } from '../keys/chosen.ts';
import { VARIABLE_OF } from '../keys/kind.ts';
import { holdsSecret } from '../keys/name.ts';
import { checkVariable } from '../shells/variable.ts';
import type { ChildExit } from './index.ts';
import type { InputOf } from './table.ts';

/** Runs the command with the secret in its environment, and in no other place that anyone can see. */
export async function run(ctx: Context, input: InputOf<'exec'>): Promise<ChildExit> {
  const command = commandOf(input);
  const { shield, grant, redis } = input.options;
  if (shield || grant !== undefined || redis !== undefined) {
    if (input.options.from !== undefined) {
      throw new UserError('usage', '--from and a gateway exclude each other', {
        hint: 'store the key first: claude-keys add NAME',
      });
    }
    return (await import('./exec-shielded.ts')).run(ctx, input, command);
  }
  const wanted =
    input.options.set.length === 0
      ? [await one(ctx, input)]
      : await (await import('./exec-set.ts')).several(ctx, input);
  const launching = new Launching(command, ctx.env['PATH']);
  try {
    const values = await valuesOf(ctx, wanted, command, () => launching.prepare());
    const { env, removed } = environmentWith(ctx.env, values);
    if (removed.length > 0) ctx.ui.detail(`removed from the environment: ${removed.join(', ')}`);
    const launch = await launching.take();
    return toExit(ctx, await launch.run(env));
  } finally {
    await launching.cancel();
  }
}

/** The secrets by the variables that they go to. */
async function valuesOf(
  ctx: Context,
  wanted: readonly Wanted[],
  command: readonly string[],
  meanwhile: () => void,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const { key, variable: given } of wanted) {
    const { secret, kind } = await key.read(nameOf(command), meanwhile);
    const variable = given ?? VARIABLE_OF[kind];
    values[variable] = secret.reveal();
    ctx.ui.detail(`${variable} is set from the key ${key.label} (${key.because})`);
  }
  return values;
}

/** What running the command takes, made ready while the keychain is at work: it would take as long again behind it. */
class Launching {
  readonly #command: readonly string[];
  readonly #path: string | undefined;
  #launch: Promise<Launch> | null = null;
  #taken = false;

  constructor(command: readonly string[], path: string | undefined) {
    this.#command = command;
    this.#path = path;
  }

  prepare(): void {
    this.#launch ??= import('../child/index.ts').then(({ prepareLaunch }) => prepareLaunch(this.#command, this.#path));
    // Met where it is taken.
    this.#launch.catch(() => {});
  }

  async take(): Promise<Launch> {
    this.prepare();
    this.#taken = true;
    return this.#launch as Promise<Launch>;
  }

  /** Where nothing came of it. */
  async cancel(): Promise<void> {
    if (this.#taken) return;
    // What went wrong before is told, and not that this did too.
    const launch = await this.#launch?.catch(() => null);
    await launch?.cancel();
  }
}

/** A key, and the variable that it goes to: by its kind where that is not known before it is read. */
export interface Wanted {
  readonly key: ChosenKey;
  readonly variable: string | undefined;
}

/** The key that is named, or meant where none is. */
export async function one(ctx: Context, { args, options }: InputOf<'exec'>): Promise<Wanted> {
  const given = options.var === undefined ? undefined : checkVariable(options.var);
  const key = await chooseKey(ctx, args[0], options.from);
  return { key, variable: given ?? (key.kind === null ? undefined : VARIABLE_OF[key.kind]) };
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
