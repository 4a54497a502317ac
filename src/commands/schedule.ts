import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { hasAdminKey } from '../keys/admin-key.ts';
import { readRegistry } from '../keys/registry.ts';
import { chooseScheduler, SCHEDULERS } from '../schedule/index.ts';
import { type Job, jobOf, parseTime, type Recipe, type Scheduler } from '../schedule/scheduler.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'schedule'>['options'];

/** At night, and not on the hour, when every other job runs. */
const AT = '03:37';

export async function run(ctx: Context, { args, options }: InputOf<'schedule'>): Promise<ExitCode> {
  switch (args[0]) {
    case 'install':
      return install(ctx, options);
    case 'uninstall':
      return uninstall(ctx, options);
    default:
      return status(ctx);
  }
}

async function install(ctx: Context, options: Options): Promise<ExitCode> {
  const when = { every: (options.every ?? 'daily') as Job['every'], ...parseTime(options.at ?? AT) };
  const admin = options['admin-key'];
  if (!hasAdminKey(readRegistry(ctx), { name: admin })) {
    ctx.ui.warn('no admin key can be chosen, so no key can be rotated without you', 'store one: claude-keys add admin');
  }
  const job = jobOf(ctx, when, admin === undefined ? [] : ['--admin-key', admin]);
  if (options['dry-run'] && options.with !== undefined) return show(ctx, named(options.with), job);
  const scheduler = await chooseScheduler(ctx, options.with);
  if (options['dry-run']) return show(ctx, scheduler, job);
  await scheduler.install(ctx, job);
  warnOfPassphrase(ctx);
  const installed = await scheduler.status(ctx);
  if (ctx.ui.json) ctx.ui.document({ schedule: { with: scheduler.name, ...when, ...installed } });
  ctx.ui.done(`${scheduler.name} runs it ${inWords(job)}: ${job.command.slice(2).join(' ')}`);
  ctx.ui.done('See it: claude-keys schedule status; what it would do now: claude-keys rotate --due --dry-run');
  return EXIT.ok;
}

function named(name: string): Scheduler {
  return SCHEDULERS.find((scheduler) => scheduler.name === name) as Scheduler;
}

/** A passphrase in a variable would have to be written into the job, in plain text. */
function warnOfPassphrase({ env, ui }: Context): void {
  if (!env['CLAUDE_KEYS_PASSPHRASE'] || env['CLAUDE_KEYS_PASSPHRASE_FILE']) return;
  ui.warn(
    'CLAUDE_KEYS_PASSPHRASE is not written into the job, which cannot open the file store without it',
    'put it into a file that is yours alone, and install again with CLAUDE_KEYS_PASSPHRASE_FILE set to its path',
  );
}

async function show(ctx: Context, scheduler: Scheduler, job: Job): Promise<ExitCode> {
  const recipe = await scheduler.recipe(ctx, job);
  if (ctx.ui.json) ctx.ui.document({ with: scheduler.name, ...recipe });
  else ctx.ui.data(asText(recipe));
  return EXIT.ok;
}

function asText({ files, commands }: Recipe): string {
  const written = files.map(({ path, content }) => `--- ${path}\n${content}\n`);
  return `${written.join('')}--- then\n${commands.map((command) => `${command.join(' ')}\n`).join('')}`;
}

/** Every scheduler is asked: the job may have been installed with another than is chosen now. */
async function uninstall(ctx: Context, options: Options): Promise<ExitCode> {
  const removed: string[] = [];
  for (const scheduler of SCHEDULERS) {
    if (options.with !== undefined && scheduler.name !== options.with) continue;
    if ((await scheduler.status(ctx)) === null) continue;
    if (options['dry-run'] || (await scheduler.uninstall(ctx))) removed.push(scheduler.name);
  }
  if (ctx.ui.json) ctx.ui.document({ removed });
  const what = options['dry-run'] ? 'would be removed from' : 'is removed from';
  ctx.ui.done(removed.length === 0 ? 'nothing was scheduled' : `the job ${what} ${removed.join(', ')}`);
  return EXIT.ok;
}

async function status(ctx: Context): Promise<ExitCode> {
  const found: { with: string; where: string; active: boolean | null }[] = [];
  for (const scheduler of SCHEDULERS) {
    const state = await scheduler.status(ctx);
    if (state !== null) found.push({ with: scheduler.name, ...state });
  }
  if (ctx.ui.json) ctx.ui.document({ schedules: found });
  else if (found.length === 0) ctx.ui.data('nothing is scheduled: claude-keys schedule install\n');
  for (const { with: name, where, active } of ctx.ui.json ? [] : found) {
    ctx.ui.data(`${name}${active === false ? ' (not active)' : ''}: ${where}\n`);
  }
  return EXIT.ok;
}

function inWords({ every, hour, minute }: Job): string {
  const two = (number: number) => String(number).padStart(2, '0');
  if (every === 'hourly') return `every hour at :${two(minute)}`;
  return `every ${every === 'daily' ? 'day' : 'Monday'} at ${two(hour)}:${two(minute)}`;
}
