import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { readUserFile, rewriteUserFile } from '../../files/user-file.ts';
import { CONFIG_FILE, configFileFor, readAccepted } from '../../scan/allowed.ts';
import { nameOf, type Result, type Row } from '../../scan/report/result.ts';
import { BODIES } from '../index.ts';
import type { CommandName } from '../table.ts';

interface Action {
  readonly key: string;
  readonly words: string;
  run(): Promise<void>;
}

/** Asks of each finding what is to be done, and does it; each question can be passed over. */
export async function walkThrough(ctx: Context, { rows }: Result): Promise<void> {
  const prompter = await ctx.prompter();
  for (const [at, row] of rows.entries()) {
    const actions = actionsFor(ctx, row);
    ctx.ui.done(`\n${at + 1} of ${rows.length}: ${nameOf(row)} ${row.redacted} in ${placeIn(row)}`);
    for (const step of row.next) ctx.ui.done(`  → ${step}`);
    for (const { key, words } of actions) ctx.ui.done(`  [${key}] ${words}`);
    const answer = await prompter.text('What now? Enter goes on to the next, q ends', '');
    if (answer.toLowerCase() === 'q') return;
    await actions.find(({ key }) => key === answer.toLowerCase())?.run();
  }
}

function placeIn({ occurrences: [first] }: Row): string {
  return first === undefined ? '' : `${first.file}:${first.line}`;
}

function actionsFor(ctx: Context, row: Row): Action[] {
  const files = [...new Set(row.occurrences.filter(({ where }) => where === 'worktree').map(({ file }) => file))];
  const actions: Action[] = [];
  if (row.key !== null) {
    const name = row.key;
    actions.push({
      key: 'r',
      words: `replace it: rotate ${name}, and retire the old one`,
      run: () => runCommand(ctx, 'rotate', [name], { retire: 'now' }),
    });
  }
  if (files.length > 0) {
    const [key, words] = row.key === null ? ['i', 'store it, and take it out of'] : ['o', 'take it out of'];
    actions.push({
      key,
      words: `${words} ${files.join(', ')}`,
      run: () => runCommand(ctx, 'import', files, { remove: true }),
    });
  }
  actions.push({ key: 'a', words: `accept it, with a reason, in ${CONFIG_FILE}`, run: () => accept(ctx, row) });
  return actions;
}

/** Another command, as if it had been typed; what goes wrong there is told, and the next finding comes. */
async function runCommand(
  ctx: Context,
  name: CommandName,
  args: readonly string[],
  given: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const { complete } = await import('../../cli/parse.ts');
  const { COMMANDS } = await import('../table.ts');
  const body = (await BODIES[name]()) as { run(ctx: Context, input: unknown): Promise<unknown> };
  try {
    await body.run(ctx, { args, options: complete(COMMANDS[name], given), child: undefined });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'UserError') throw error;
    ctx.ui.warn(error.message);
  }
}

async function accept(ctx: Context, { fingerprint }: Row): Promise<void> {
  const reason = await (await ctx.prompter()).text('Why may it stand there?', '');
  if (reason.trim() === '') return ctx.ui.note('no reason, so it is not accepted');
  const path = configFileFor(ctx.cwd) ?? join(resolve(ctx.cwd), CONFIG_FILE);
  const accepted = existsSync(path) ? readAccepted(path) : { paths: [], fingerprints: [] };
  const content = { ...accepted, fingerprints: [...accepted.fingerprints, { fingerprint, reason: reason.trim() }] };
  rewriteUserFile(readUserFile(path), Buffer.from(`${JSON.stringify(content, null, 2)}\n`));
  ctx.ui.done(`Accepted in ${path}.`);
}
