import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { refuseTaken } from '../keys/adding.ts';
import { checkName } from '../keys/name.ts';
import type { Registry } from '../keys/registry.ts';
import { type Item, isDead, isNew } from './items.ts';
import { suggestName } from './names.ts';
import { whereOf } from './places.ts';

/** The answer that leaves a key where it is. */
const LEAVE_OUT = '-';

/** What a question with a name in it is often answered. */
const YES_OR_NO = /^(?:y|yes|n|no)$/i;

/** How the new keys get their names. */
export interface Naming {
  /** The one name that was given. */
  readonly name: string | undefined;
  /** Ask the person; else the suggestions are taken. */
  readonly ask: boolean;
}

export function suggestNames(ctx: Context, items: readonly Item[], registry: Registry): void {
  const taken = new Set(registry.keys.keys());
  for (const item of items.filter(isNew)) {
    item.name = cutOffName(registry, item) ?? suggestName(ctx, item.find, taken);
    taken.add(item.name);
  }
}

/** An `add` of this very secret that was cut off is ended by storing it under the same name. */
function cutOffName(registry: Registry, { find }: Item): string | null {
  const entries = [...registry.keys.values()];
  const entry = entries.find(({ change, current }) => {
    return change?.operation === 'add' && current.fingerprint === find.fingerprint;
  });
  return entry?.name ?? null;
}

/** Gives every new key its name; one that the person leaves out is marked so. */
export async function nameNew(ctx: Context, items: readonly Item[], registry: Registry, how: Naming): Promise<void> {
  suggestNames(ctx, items, registry);
  const given = new Set<string>();
  for (const item of items.filter(isNew)) {
    if (how.name !== undefined) item.name = how.name;
    else if (how.ask) item.name = await askName(ctx, item, registry, given);
    if (item.name === null) item.leftOut = true;
    else given.add(item.name);
  }
}

async function askName(ctx: Context, item: Item, registry: Registry, given: Set<string>): Promise<string | null> {
  const { find, name: suggested } = item;
  const where = find.places[0] === undefined ? '' : ` in ${whereOf(find.places[0])}`;
  const question = `Name for ${find.redacted}${where} (${LEAVE_OUT} leaves it out)`;
  const prompter = await ctx.prompter();
  for (;;) {
    const answer = (await prompter.text(question, suggested ?? '')).trim();
    if (answer === LEAVE_OUT) return null;
    if (YES_OR_NO.test(answer)) {
      ctx.ui.warn(`that would be a key of the name ${answer}`, `Enter takes ${suggested}, ${LEAVE_OUT} leaves it out`);
      continue;
    }
    try {
      const name = checkName(answer);
      if (given.has(name)) throw new UserError('key_exists', `${name} was just given to another key`);
      refuseTaken(registry, name);
      return name;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      ctx.ui.warn(error.message, error.hint);
    }
  }
}

/** Whether the person wants the files rewritten. What was stored stays stored either way. */
export async function agreesToRemoval(ctx: Context, items: readonly Item[]): Promise<boolean> {
  const safe = items.filter((item) => !item.leftOut && (item.stored || isDead(item)));
  const files = new Set(safe.flatMap(({ find }) => find.places.flatMap(({ file }) => file?.label ?? [])));
  if (files.size === 0) return true;
  const what = safe.length === 1 ? 'the key' : 'the keys';
  if (await confirmed(ctx, `Take ${what} out of ${[...files].join(', ')}?`)) return true;
  ctx.ui.note('the files were left as they are');
  return false;
}

async function confirmed(ctx: Context, question: string): Promise<boolean> {
  try {
    return await (await ctx.prompter()).confirm(question);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'interrupted') throw error;
    throw new UserError('interrupted', 'interrupted; what was stored is stored, and the files are as they were');
  }
}
