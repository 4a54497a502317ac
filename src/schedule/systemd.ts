import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { removeFiles, writeFiles } from './files.ts';
import type { Job, Recipe, Scheduler } from './scheduler.ts';
import { mustRun, runTool } from './tool.ts';

/** A timer of the user's own systemd. It runs while the user is logged in, or always with `loginctl enable-linger`. */
const UNIT = 'claude-keys-rotate';
const SYSTEMCTL = ['systemctl', '--user'] as const;

export const systemd: Scheduler = {
  name: 'systemd',
  platforms: ['linux'],
  async unavailable(ctx) {
    const { code } = await runTool(ctx, [...SYSTEMCTL, 'show-environment']);
    return code === 0 ? null : 'no systemd runs for this user';
  },
  recipe: async (ctx, job) => recipe(ctx, job),
  async install(ctx, job) {
    const { files, commands } = recipe(ctx, job);
    writeFiles({ files, commands });
    for (const command of commands) await mustRun(ctx, command);
  },
  async uninstall(ctx) {
    const { timer, service } = pathsOf(ctx);
    if (!existsSync(timer) && !existsSync(service)) return false;
    await runTool(ctx, [...SYSTEMCTL, 'disable', '--now', `${UNIT}.timer`]);
    removeFiles([timer, service]);
    await runTool(ctx, [...SYSTEMCTL, 'daemon-reload']);
    return true;
  },
  async status(ctx) {
    const { timer } = pathsOf(ctx);
    if (!existsSync(timer)) return null;
    const { code } = await runTool(ctx, [...SYSTEMCTL, 'is-active', '--quiet', `${UNIT}.timer`]);
    return { where: timer, active: code === 0 };
  },
};

function pathsOf({ env, home }: Context): { timer: string; service: string } {
  const folder = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'systemd', 'user');
  return { timer: join(folder, `${UNIT}.timer`), service: join(folder, `${UNIT}.service`) };
}

function recipe(ctx: Context, job: Job): Recipe {
  const { timer, service } = pathsOf(ctx);
  return {
    files: [
      { path: service, content: serviceOf(job) },
      { path: timer, content: timerOf(job) },
    ],
    commands: [
      [...SYSTEMCTL, 'daemon-reload'],
      [...SYSTEMCTL, 'enable', '--now', `${UNIT}.timer`],
    ],
  };
}

function serviceOf({ command, environment }: Job): string {
  const variables = Object.entries(environment).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`);
  return `[Unit]
Description=Rotate the Claude API keys that are due
After=network-online.target

[Service]
Type=oneshot
${variables.join('')}ExecStart=${command.map(quotedArgument).join(' ')}
`;
}

/** `Persistent`: what a machine slept through is made up for. */
function timerOf({ every, hour, minute }: Job): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const time = `${every === 'hourly' ? '*' : two(hour)}:${two(minute)}:00`;
  return `[Unit]
Description=Rotate the Claude API keys that are due

[Timer]
OnCalendar=${every === 'weekly' ? 'Mon ' : ''}*-*-* ${time}
Persistent=true
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
`;
}

/** systemd.syntax(7): quotes and backslashes are escaped, and a percent sign begins a specifier. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')}"`;
}

/** In a command line a dollar sign begins a variable. */
function quotedArgument(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}
