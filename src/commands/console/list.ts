import { type ConsoleStatus, listConsoleKeys } from '../../anthropic/admin/console-keys.ts';
import { type Names, userNames, workspaceNames } from '../../anthropic/admin/directory.ts';
import { readConfig } from '../../config.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { openAdmin } from '../../keys/admin-key.ts';
import { parseDays, timeAgo } from '../../keys/dates.ts';
import { readRegistry } from '../../keys/registry.ts';
import { cell } from '../../terminal/columns.ts';
import type { Tone } from '../../terminal/paint.ts';
import { printable } from '../../terminal/plain.ts';
import { progress } from '../../terminal/progress.ts';
import { printTable } from '../../terminal/table.ts';
import type { ConsoleOptions } from './index.ts';
import { type ConsoleKeyView, toViews } from './view.ts';

const DAY_MS = 24 * 3_600_000;
/** From what age a key that nobody here holds is worth a question, where no policy says it. */
const OLD_DAYS = 90;

/** Shows every key of the organization, and which of them are stored here. */
export async function listKeysOfConsole(ctx: Context, options: ConsoleOptions): Promise<ExitCode> {
  const { 'older-than': olderThan, status, forgotten: forgottenOnly } = options;
  const days = olderThan === undefined ? (readConfig(ctx).rotateAfterDays ?? OLD_DAYS) : parseDays(olderThan);
  const registry = readRegistry(ctx);
  const admin = await openAdmin(ctx, registry, { name: options['admin-key'] });
  const line = progress(ctx, 'asking the Console for its keys');
  let views: ConsoleKeyView[];
  try {
    const [keys, workspaces, users] = await Promise.all([
      listConsoleKeys(admin, status as ConsoleStatus | undefined),
      namesOrNone(workspaceNames(admin)),
      namesOrNone(userNames(admin)),
    ]);
    const before = ctx.now().getTime() - days * DAY_MS;
    const forgotten = ({ createdAt }: { createdAt: string }) => Date.parse(createdAt) < before;
    views = toViews(keys, { registry, workspaces, users, forgotten }).filter((key) => key.forgotten || !forgottenOnly);
  } finally {
    line.stop();
  }
  if (ctx.ui.json) ctx.ui.document({ keys: views, forgottenAfterDays: days });
  else await show(ctx, views, days);
  return EXIT.ok;
}

/** Names are for reading: an admin key that may not see the members still lists the keys. */
async function namesOrNone(names: Promise<Names>): Promise<Names | null> {
  return names.catch((error: unknown) => {
    if (error instanceof UserError) return null;
    throw error;
  });
}

const ORDER: readonly ConsoleStatus[] = ['active', 'inactive', 'expired', 'archived'];
const TONES: Readonly<Record<ConsoleStatus, Tone>> = {
  active: 'good',
  inactive: 'warn',
  expired: 'faint',
  archived: 'faint',
};
const HEAD = ['NAME', 'WORKSPACE', 'STATUS', 'KEY', 'CREATOR', 'AGE', 'EXPIRES', 'HERE', 'ID'];

async function show(ctx: Context, views: readonly ConsoleKeyView[], days: number): Promise<void> {
  if (views.length === 0) return ctx.ui.data('There are no such keys in the Console.\n');
  const now = ctx.now();
  const sorted = [...views].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const rows = sorted.map((key) => [
    cell(printable(key.name), 'strong'),
    cell(printable(key.workspace ?? key.workspaceId ?? '-')),
    cell(key.status, TONES[key.status]),
    cell(printable(key.hint ?? '-')),
    cell(printable(key.creator ?? key.createdBy ?? '-')),
    cell(timeAgo(key.createdAt, now).replace(/ ago$/, '')),
    cell(key.expiresAt === null ? 'never' : timeAgo(key.expiresAt, now)),
    here(key),
    cell(key.id, 'faint'),
  ]);
  await printTable(ctx, HEAD, rows);
  const forgotten = views.filter((key) => key.forgotten).length;
  if (forgotten > 0) {
    ctx.ui.note(
      `${forgotten} active ${forgotten === 1 ? 'key is' : 'keys are'} over ${days} days old and held by nobody here`,
    );
    ctx.ui.note('hint: switch one off: claude-keys console disable ID');
  }
}

function here({ stored, forgotten }: ConsoleKeyView) {
  if (stored === null) return forgotten ? cell('forgotten?', 'warn') : cell('-', 'faint');
  return cell(stored.slot === 'current' ? stored.name : `${stored.name}@${stored.slot}`);
}
