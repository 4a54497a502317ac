import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { readIfThere, replaceFile } from '../files/replace.ts';
import { isNumber, isText, listOf, object, oneOf, type Shaped } from '../files/shape.ts';
import { PERIODS } from '../keys/budget.ts';

const isNamedBudget = object({ name: isText, nanos: isNumber, per: oneOf(...PERIODS) });
const BudgetFile = object({ budgets: listOf(isNamedBudget) });

/** A budget of a key, or of `all`: everything that the organization uses. */
export type NamedBudget = Shaped<typeof isNamedBudget>;

export const ALL = 'all';

function fileOf(ctx: Context): string {
  return join(dirname(ctx.paths.registryFile), 'budgets.json');
}

/** In the order of their names. @throws {UserError} `bad_config` for a file that is not right. */
export function readBudgets(ctx: Context): NamedBudget[] {
  const raw = readIfThere(fileOf(ctx));
  if (raw === null) return [];
  try {
    const content: unknown = JSON.parse(raw.toString('utf8'));
    if (BudgetFile(content, [])) return content.budgets.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UserError('bad_config', `${fileOf(ctx)} is not right`, {
    hint: 'move it away and set the budgets again: claude-keys budget set NAME 50/month',
  });
}

/** Changes the budget of a name; null takes it away. @returns whether there was one before */
export function writeBudget(ctx: Context, name: string, budget: NamedBudget | null): Promise<boolean> {
  return withLock(fileOf(ctx), () => {
    const before = readBudgets(ctx);
    const others = before.filter((other) => other.name !== name);
    if (budget !== null || others.length < before.length) {
      const budgets = [...others, ...(budget === null ? [] : [budget])];
      replaceFile(fileOf(ctx), `${JSON.stringify({ budgets }, null, 2)}\n`);
    }
    return others.length < before.length;
  });
}
