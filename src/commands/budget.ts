import { toDollars } from '../anthropic/prices.ts';
import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { budgetText, parseBudget } from '../keys/budget.ts';
import { checkName } from '../keys/name.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { cell } from '../terminal/columns.ts';
import { printTable } from '../terminal/table.ts';
import { ALL, type NamedBudget, readBudgets, writeBudget } from '../usage/budgets.ts';
import type { InputOf } from './table.ts';

const WORDS = { set: ['NAME', 'AMOUNT'], list: [], unset: ['NAME'] } as const;

export async function run(ctx: Context, { args }: InputOf<'budget'>): Promise<ExitCode> {
  const [action = '', ...words] = args;
  const wanted = WORDS[action as keyof typeof WORDS];
  if (words.length !== wanted.length) {
    throw new UserError('usage', `budget ${action} takes ${wanted.join(' and ') || 'nothing more'}`, {
      hint: 'for example: claude-keys budget set production 50/month',
    });
  }
  const [name = '', amount = ''] = words;
  if (action === 'set') return set(ctx, name, amount);
  return action === 'unset' ? unset(ctx, name) : list(ctx);
}

async function set(ctx: Context, given: string, amount: string): Promise<ExitCode> {
  const budget = parseBudget(amount);
  const name = checkName(given);
  if (name !== ALL) existing(readRegistry(ctx), name);
  const named = { name, ...budget };
  await audit(ctx, { key: name === ALL ? null : name, detail: `set ${budgetText(budget)}` });
  await writeBudget(ctx, name, named);
  if (ctx.ui.json) ctx.ui.document({ budget: toView(named) });
  ctx.ui.done(
    `${name === ALL ? 'all keys together' : name} may cost ${budgetText(budget)}, in US dollars; told by: claude-keys usage --check`,
  );
  return EXIT.ok;
}

async function unset(ctx: Context, given: string): Promise<ExitCode> {
  const name = checkName(given);
  if (!readBudgets(ctx).some((budget) => budget.name === name)) {
    throw new UserError('nothing_to_do', `there is no budget of ${name}`, { hint: 'see: claude-keys budget list' });
  }
  await audit(ctx, { key: name === ALL ? null : name, detail: 'unset' });
  await writeBudget(ctx, name, null);
  if (ctx.ui.json) ctx.ui.document({ budget: null });
  ctx.ui.done(`${name} has no budget any more`);
  return EXIT.ok;
}

async function list(ctx: Context): Promise<ExitCode> {
  const budgets = readBudgets(ctx);
  if (ctx.ui.json) ctx.ui.document({ budgets: budgets.map(toView) });
  else if (budgets.length === 0) ctx.ui.note('there are no budgets; set one: claude-keys budget set NAME 50/month');
  else
    await printTable(
      ctx,
      ['NAME', 'BUDGET'],
      budgets.map((budget) => [cell(budget.name, 'strong'), cell(budgetText(budget))]),
    );
  return EXIT.ok;
}

function toView({ name, nanos, per }: NamedBudget) {
  return { name, usd: toDollars(nanos), per };
}
