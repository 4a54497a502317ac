import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { quotePosix } from '../shells/posix.ts';
import type { Job, Recipe, Scheduler } from './scheduler.ts';
import { mustRun, runTool } from './tool.ts';

/** One line in the user's crontab, for systems without systemd. The comment at its end says that it is ours. */
const MARK = '# claude-keys rotate';

export const crontab: Scheduler = {
  name: 'crontab',
  platforms: ['linux', 'darwin', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix'],
  async unavailable(ctx) {
    // Without a crontab it ends with 1 and says so; what is not there cannot be run.
    const { code } = await runTool(ctx, ['crontab', '-l']);
    return code === null ? 'there is no crontab command' : null;
  },
  async recipe(ctx, job): Promise<Recipe> {
    return { files: [{ path: 'crontab', content: `${lineOf(ctx, job)}\n` }], commands: [['crontab', '-']] };
  },
  async install(ctx, job) {
    const others = withoutOurs(await read(ctx));
    await mustRun(ctx, ['crontab', '-'], `${others}${lineOf(ctx, job)}\n`);
  },
  async uninstall(ctx) {
    const before = await read(ctx);
    const others = withoutOurs(before);
    if (others === before) return false;
    await mustRun(ctx, ['crontab', '-'], others);
    return true;
  },
  async status(ctx) {
    const line = (await read(ctx)).split('\n').find((candidate) => candidate.endsWith(MARK));
    return line === undefined ? null : { where: `crontab: ${line}`, active: null };
  },
};

/**
 * The crontab as it is; empty when there is none.
 * @throws {UserError} `scheduler_failed` when it cannot be read: written anew, everything in it would be lost.
 */
async function read(ctx: Context): Promise<string> {
  const { code, stdout, stderr } = await runTool(ctx, ['crontab', '-l']);
  if (code === 0) return stdout === '' || stdout.endsWith('\n') ? stdout : `${stdout}\n`;
  if (code === null || /no crontab/i.test(stderr)) return '';
  throw new UserError('scheduler_failed', `crontab -l ended with exit code ${code}, so the crontab was left alone`, {
    hint: 'see what would be added, to do it by hand: claude-keys schedule install --with crontab --dry-run',
  });
}

function withoutOurs(text: string): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => !line.trimEnd().endsWith(MARK))
    .join('');
}

/** cron gives a job nothing of the session, and without its bus there is no keychain. */
const SESSION = ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'] as const;

function lineOf({ env }: Context, { every, hour, minute, command, environment }: Job): string {
  const session = SESSION.flatMap((name) => (env[name] ? [[name, env[name] ?? ''] as const] : []));
  const variables = [...Object.entries(environment), ...session].map(([name, value]) => `${name}=${quotePosix(value)}`);
  const words = [...variables, ...command.map(quotePosix)].join(' ');
  const times = { hourly: `${minute} *`, daily: `${minute} ${hour}`, weekly: `${minute} ${hour}` };
  // A percent sign would be a line break.
  return `${times[every]} * * ${every === 'weekly' ? '1' : '*'} ${words.replaceAll('%', '\\%')} ${MARK}`;
}
