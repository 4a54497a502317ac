import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

export const SCHEDULER_NAMES = ['systemd', 'launchd', 'task', 'crontab'] as const;
export type SchedulerName = (typeof SCHEDULER_NAMES)[number];
export const INTERVALS = ['hourly', 'daily', 'weekly'] as const;

/** What is run, and when: in the time of the machine. */
export interface Job {
  readonly every: (typeof INTERVALS)[number];
  readonly hour: number;
  readonly minute: number;
  /** The program and its arguments; the first is an absolute path. */
  readonly command: readonly string[];
  /** What its environment needs beside what the scheduler gives it. Nothing of it is secret. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How a scheduler is told: files to be written, then commands to be run. */
export interface Recipe {
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly commands: readonly (readonly string[])[];
}

/** Something of the system that runs programs at times. */
export interface Scheduler {
  readonly name: SchedulerName;
  /** Where there is such a thing. */
  readonly platforms: readonly NodeJS.Platform[];
  /** Why it cannot be used here, in words; null when it can. */
  unavailable(ctx: Context): Promise<string | null>;
  /** What `install` would do. */
  recipe(ctx: Context, job: Job): Promise<Recipe>;
  /** Installs the job in place of an earlier one. */
  install(ctx: Context, job: Job): Promise<void>;
  /** False when there was nothing. */
  uninstall(ctx: Context): Promise<boolean>;
  /** Where the job is written, and what the scheduler says of it; null when it is not installed. */
  status(ctx: Context): Promise<{ readonly where: string; readonly active: boolean | null } | null>;
}

/**
 * A time of day like `3:30` or `03:30`.
 * @throws {UserError} `usage`
 */
export function parseTime(text: string): { hour: number; minute: number } {
  const [, hour = '', minute = ''] = /^(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  if (hour !== '' && Number(hour) < 24 && Number(minute) < 60) return { hour: Number(hour), minute: Number(minute) };
  throw new UserError('usage', `${JSON.stringify(text.slice(0, 20))} is not a time of day`, {
    hint: 'write it like 03:30',
  });
}

/** The job's environment variables that are worth keeping, of those that this process has. Never the passphrase itself. */
const KEPT = [
  'CLAUDE_KEYS_HOME',
  'CLAUDE_KEYS_PASSPHRASE_FILE',
  'ANTHROPIC_BASE_URL',
  'XDG_DATA_HOME',
  'XDG_CONFIG_HOME',
  'XDG_CACHE_HOME',
] as const;

/** `rotate --due --yes` with this program, as it was started, and with more options behind. */
export function jobOf(
  { env, program }: Context,
  when: Pick<Job, 'every' | 'hour' | 'minute'>,
  more: readonly string[],
): Job {
  const environment = Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value] as const];
    }),
  );
  const command = [program.node, program.script, 'rotate', '--due', '--yes', '--quiet', ...more];
  for (const text of [...command, ...Object.values(environment)]) {
    if (/[\0\r\n]/.test(text)) throw new UserError('usage', 'a path with a line break in it cannot be scheduled');
  }
  return { ...when, command, environment };
}
