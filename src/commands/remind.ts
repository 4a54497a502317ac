import { rmSync } from 'node:fs';
import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { replaceFile } from '../files/replace.ts';
import { toCalendar } from '../keys/calendar.ts';
import { parseDays, timeAgo } from '../keys/dates.ts';
import { readRegistry } from '../keys/registry.ts';
import { oneLine, type Reminder, remindersOf } from '../keys/reminders.ts';
import { cell } from '../terminal/columns.ts';
import { printTable } from '../terminal/table.ts';
import type { InputOf } from './table.ts';

const DAYS = 14;
const FORMS = ['ical', 'line', 'cache'] as const;

/** Prints what is due in the next days. Reads no store and asks nothing. */
export async function run(ctx: Context, { options }: InputOf<'remind'>): Promise<ExitCode> {
  const [form, other] = FORMS.filter((candidate) => options[candidate]);
  if (other !== undefined) {
    throw new UserError('usage', `--${form} and --${other} cannot be used together`, { hint: 'give one of them' });
  }
  const days = options.days === undefined ? DAYS : parseDays(options.days);
  const now = ctx.now();
  const reminders = remindersOf(readRegistry(ctx), readConfig(ctx).policies ?? {}, days, now);
  switch (form) {
    case 'ical':
      ctx.ui.data(toCalendar(reminders, now));
      break;
    case 'line':
      if (reminders.length > 0) ctx.ui.data(`${oneLine(reminders)}\n`);
      break;
    case 'cache':
      writeReminder(ctx, reminders);
      if (ctx.ui.json) ctx.ui.document({ file: ctx.paths.reminderFile, line: oneLine(reminders) });
      break;
    case undefined:
      if (ctx.ui.json) ctx.ui.document({ days, due: reminders });
      else await show(ctx, reminders, days);
  }
  return EXIT.ok;
}

async function show(ctx: Context, reminders: readonly Reminder[], days: number): Promise<void> {
  if (reminders.length === 0) return ctx.ui.done(`nothing is due in the next ${days} days`);
  const now = ctx.now();
  const rows = reminders.map(({ at, key, what, message, command }) => {
    const over = Date.parse(at) <= now.getTime();
    const word = what === 'expires' && over ? message.replace('expires', 'expired') : message;
    return [
      cell(at.slice(0, 16).replace('T', ' ')),
      cell(timeAgo(at, now), over ? 'bad' : 'plain'),
      cell(key, 'strong'),
      cell(word),
      cell(command, 'faint'),
    ];
  });
  await printTable(ctx, ['WHEN (UTC)', '', 'KEY', 'WHAT', 'HOW'], rows);
}

/**
 * Puts the one line where a shell reads it at start-up without running a program; no file when nothing is due. Without
 * a lock: the file is replaced whole, and whoever comes last is right.
 */
function writeReminder(ctx: Context, reminders: readonly Reminder[]): void {
  const line = oneLine(reminders);
  if (line === '') rmSync(ctx.paths.reminderFile, { force: true });
  else replaceFile(ctx.paths.reminderFile, `${line}\n`);
}

/** The same, for a command that has changed what is due. It is not worth failing for. */
export function refreshReminder(ctx: Context): void {
  try {
    writeReminder(ctx, remindersOf(readRegistry(ctx), readConfig(ctx).policies ?? {}, DAYS, ctx.now()));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    ctx.ui.detail(`the reminder was not written: ${error.message}`);
  }
}
