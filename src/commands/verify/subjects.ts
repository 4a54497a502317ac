import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import { type PastedSecret, readPasted } from '../../keys/format.ts';
import { readAddress } from '../../keys/from-address.ts';
import { checkName } from '../../keys/name.ts';
import { listKeys, type Registry, readRegistry } from '../../keys/registry.ts';
import { existing, resolveKey } from '../../keys/resolve.ts';
import { obtainSecretText } from '../../keys/source.ts';
import type { InputOf } from '../table.ts';

/** What is tested: a stored key, or a secret that was handed over for this one test. */
export type Subject = { readonly entry: KeyEntry } | { readonly pasted: PastedSecret };

/** The argument that means: the key comes on standard input. */
const STDIN = '-';
/** Not used together. */
const CHOICES = ['all', 'env', 'from-env', 'from'] as const;
/** How long standard input may say nothing before we say what we wait for. */
const PATIENCE_MS = 2_000;

type Options = Pick<InputOf<'verify'>['options'], (typeof CHOICES)[number]>;

/**
 * The keys that a command line means. `several` says that it may mean more than one.
 * @throws {UserError} `usage` for a mixture, `key_not_found`, `malformed_key`, `missing_input`
 */
export async function chooseSubjects(
  ctx: Context,
  names: readonly string[],
  options: Options,
): Promise<{ readonly subjects: readonly Subject[]; readonly several: boolean }> {
  refuseMixture(names, options);
  if (options['from-env'] !== undefined) return one(readPasted(await text(ctx, options['from-env'])));
  if (options.from !== undefined) return one(await readAddress(ctx, options.from));
  if (options.all || options.env !== undefined) {
    return { subjects: stored(readRegistry(ctx), options.env).map((entry) => ({ entry })), several: true };
  }
  if (names.length > 0) {
    const subjects: Subject[] = [];
    for (const name of new Set(names)) subjects.push(await byName(ctx, name));
    return { subjects, several: subjects.length > 1 };
  }
  const piped = ctx.stdin.isTTY ? null : await pipedText(ctx);
  if (piped !== null) return one(readPasted(piped));
  return { subjects: [{ entry: resolveKey(ctx, undefined).entry }], several: false };
}

function one(pasted: PastedSecret): { subjects: Subject[]; several: false } {
  return { subjects: [{ pasted }], several: false };
}

async function byName(ctx: Context, name: string): Promise<Subject> {
  if (name === STDIN) return { pasted: readPasted(await text(ctx, undefined)) };
  return { entry: existing(readRegistry(ctx), checkName(name)) };
}

function stored(registry: Registry, label: string | undefined): KeyEntry[] {
  const all = listKeys(registry);
  if (all.length === 0) {
    throw new UserError('key_not_found', 'there are no keys yet', { hint: 'add one: claude-keys add production' });
  }
  const chosen = label === undefined ? all : all.filter((entry) => entry.environment === label.trim());
  if (chosen.length > 0) return chosen;
  const labels = [...new Set(all.flatMap(({ environment }) => environment ?? []))].sort();
  throw new UserError('key_not_found', `there is no key of the environment ${JSON.stringify(label?.slice(0, 64))}`, {
    hint: labels.length > 0 ? `there are: ${labels.join(', ')}` : 'give a key one: claude-keys edit NAME --env LABEL',
  });
}

function refuseMixture(names: readonly string[], options: Options): void {
  const given = CHOICES.filter((choice) => options[choice] !== undefined && options[choice] !== false);
  const words = [...(names.length > 0 ? ['names'] : []), ...given.map((choice) => `--${choice}`)];
  if (words.length < 2) return;
  throw new UserError('usage', `${words.join(' and ')} cannot be used together`, { hint: 'give one of them' });
}

function text(ctx: Context, variable: string | undefined): Promise<string> {
  return obtainSecretText(ctx, { 'from-env': variable, 'from-file': undefined }, 'The key to test');
}

/** What is piped in; null when it is nothing, as under cron. */
async function pipedText(ctx: Context): Promise<string | null> {
  const said = 'waiting for a key on standard input; to test a stored one instead, name it: claude-keys verify NAME';
  const timer = setTimeout(() => ctx.ui.note(said), PATIENCE_MS);
  try {
    return await text(ctx, undefined);
  } catch (error) {
    if (error instanceof UserError && error.code === 'missing_input') return null;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
