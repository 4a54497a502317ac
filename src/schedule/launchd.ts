import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { removeFiles, writeFiles } from './files.ts';
import type { Job, Recipe, Scheduler } from './scheduler.ts';
import { mustRun, runTool } from './tool.ts';
import { escapeXml } from './xml.ts';

/** An agent of the user's own launchd (macOS). What the machine slept through is made up for. */
const LABEL = 'com.github.claude-keys.rotate';

export const launchd: Scheduler = {
  name: 'launchd',
  platforms: ['darwin'],
  unavailable: async () => null,
  recipe: async (ctx, job) => recipe(ctx, job),
  async install(ctx, job) {
    const { files, commands } = recipe(ctx, job);
    // One that is loaded already is not loaded again.
    await runTool(ctx, ['launchctl', 'bootout', `${domain()}/${LABEL}`]);
    writeFiles({ files, commands });
    for (const command of commands) await mustRun(ctx, command);
  },
  async uninstall(ctx) {
    if (!existsSync(pathOf(ctx))) return false;
    await runTool(ctx, ['launchctl', 'bootout', `${domain()}/${LABEL}`]);
    return removeFiles([pathOf(ctx)]);
  },
  async status(ctx) {
    if (!existsSync(pathOf(ctx))) return null;
    const { code } = await runTool(ctx, ['launchctl', 'print', `${domain()}/${LABEL}`]);
    return { where: pathOf(ctx), active: code === 0 };
  },
};

function domain(): string {
  return `gui/${userInfo().uid}`;
}

function pathOf({ home }: Context): string {
  return join(home, 'Library', 'LaunchAgents', `${LABEL}.plist`);
}

function recipe(ctx: Context, job: Job): Recipe {
  const path = pathOf(ctx);
  return { files: [{ path, content: plist(job) }], commands: [['launchctl', 'bootstrap', domain(), path]] };
}

function plist({ every, hour, minute, command, environment }: Job): string {
  const times = {
    ...(every === 'weekly' && { Weekday: 1 }),
    ...(every !== 'hourly' && { Hour: hour }),
    Minute: minute,
  };
  const pairs = (values: readonly (readonly [string, string])[]) =>
    values.map(([name, value]) => `    <key>${escapeXml(name)}</key>\n    ${value}\n`).join('');
  const text = (value: string) => `<string>${escapeXml(value)}</string>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  ${text(LABEL)}
  <key>ProgramArguments</key>
  <array>
${command.map((word) => `    ${text(word)}\n`).join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${pairs(Object.entries(environment).map(([name, value]) => [name, text(value)] as const))}  </dict>
  <key>StartCalendarInterval</key>
  <dict>
${pairs(Object.entries(times).map(([name, value]) => [name, `<integer>${value}</integer>`] as const))}  </dict>
</dict>
</plist>
`;
}
