import { parseSeconds } from '../../cli/seconds.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { Consoles } from '../../keys/console.ts';
import { parseDuration } from '../../keys/dates.ts';
import type { Reporter, RotationHow } from '../../keys/rotating.ts';
import type { RetirePlan } from '../../keys/rotation.ts';
import type { RotateOptions } from './index.ts';

/** How long the service may take to notice a switch in the Console, and a person to make one. */
export const SWITCH_WAIT_MS = 60_000;

/** What the options say of how a rotation goes on. */
export function howFrom(
  ctx: Context,
  options: RotateOptions,
  report: Reporter,
  { unattended = false, consoles = new Consoles(ctx, options['admin-key']) } = {},
): RotationHow {
  return {
    report,
    consoles,
    unverified: options['no-verify'],
    allowOtherOrg: options['allow-other-org'],
    waitMs: waitMsOf(options),
    unattended,
  };
}

export function waitMsOf({ timeout }: Pick<RotateOptions, 'timeout'>): number {
  return timeout === undefined ? SWITCH_WAIT_MS : 1_000 * parseSeconds(timeout);
}

/**
 * What is asked for the secret that is replaced; null when it is kept until it is retired by hand.
 * @param otherwise what it means that `--retire` is not given
 * @throws {UserError} `usage`
 */
export function retirePlan(options: RotateOptions, otherwise: 'now' | 'later'): RetirePlan | null {
  const when = options.retire ?? otherwise;
  const how = options.archive ? 'archive' : 'switch_off';
  if (options.archive && (when === 'later' || when === 'never')) {
    throw new UserError('usage', `--archive has no use with --retire ${when}: it comes behind the retirement`, {
      hint: 'give --retire now or a grace like --retire 24h',
    });
  }
  if (when === 'later') return null;
  if (when === 'never') return { how: 'forget', afterMs: 0 };
  return {
    how,
    afterMs: when === 'now' ? 0 : parseDuration(when, '--retire takes now, later, never or a length of time'),
  };
}
