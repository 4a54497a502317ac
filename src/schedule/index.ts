import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { crontab } from './crontab.ts';
import { launchd } from './launchd.ts';
import type { Scheduler, SchedulerName } from './scheduler.ts';
import { systemd } from './systemd.ts';
import { windowsTask } from './windows-task.ts';

/** In the order of preference; at most one of the first three is there on any system. */
export const SCHEDULERS: readonly Scheduler[] = [systemd, launchd, windowsTask, crontab];

/**
 * The scheduler that was asked for, else the first that can be used here.
 * @throws {UserError} `scheduler_unavailable`
 */
export async function chooseScheduler(ctx: Context, asked: string | undefined): Promise<Scheduler> {
  const reasons: string[] = [];
  for (const scheduler of SCHEDULERS) {
    const here = scheduler.platforms.includes(ctx.platform);
    if (asked === undefined ? !here : scheduler.name !== (asked as SchedulerName)) continue;
    const reason = here ? await scheduler.unavailable(ctx) : `there is no ${scheduler.name} on ${ctx.platform}`;
    if (reason === null) return scheduler;
    reasons.push(reason);
  }
  throw new UserError('scheduler_unavailable', `nothing here runs programs at times: ${reasons.join(', ')}`, {
    hint: 'let whatever you have run it: claude-keys rotate --due --yes',
  });
}
