import { join } from 'node:path';
import type { Context } from '../context.ts';
import { removeFiles, writeFiles } from './files.ts';
import type { Job, Recipe, Scheduler } from './scheduler.ts';
import { mustRun, runTool } from './tool.ts';
import { escapeXml } from './xml.ts';

/** A task of the user's own in the Task Scheduler of Windows. What the machine slept through is made up for. */
const TASK = 'claude-keys rotate';

export const windowsTask: Scheduler = {
  name: 'task',
  platforms: ['win32'],
  unavailable: async () => null,
  recipe: async (ctx, job) => recipe(ctx, job),
  async install(ctx, job) {
    const { files, commands } = recipe(ctx, job);
    writeFiles({ files, commands });
    try {
      for (const command of commands) await mustRun(ctx, command);
    } finally {
      removeFiles(files.map(({ path }) => path));
    }
  },
  async uninstall(ctx) {
    return (await runTool(ctx, ['schtasks', '/Delete', '/TN', TASK, '/F'])).code === 0;
  },
  async status(ctx) {
    const { code } = await runTool(ctx, ['schtasks', '/Query', '/TN', TASK]);
    return code === 0 ? { where: TASK, active: true } : null;
  },
};

function recipe(ctx: Context, job: Job): Recipe {
  // The task's own copy is kept by Windows.
  const path = join(ctx.paths.cache, 'task.xml');
  return {
    files: [{ path, content: xmlOf(job) }],
    commands: [['schtasks', '/Create', '/TN', TASK, '/XML', path, '/F']],
  };
}

function xmlOf(job: Job): string {
  const [program = '', ...args] = withEnvironment(job);
  return `<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2026-01-05T${two(job.hour)}:${two(job.minute)}:00</StartBoundary>
      ${SCHEDULES[job.every]}
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>true</StartWhenAvailable>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
  </Settings>
  <Actions>
    <Exec>
      <Command>${escapeXml(program)}</Command>
      <Arguments>${escapeXml(args.map(quoted).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** January 5, 2026 was a Monday. A repetition without an end begins anew each day. */
const SCHEDULES: Readonly<Record<Job['every'], string>> = {
  hourly:
    '<Repetition><Interval>PT1H</Interval><Duration>P1D</Duration></Repetition><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>',
  daily: '<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>',
  weekly: '<ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek><Monday /></DaysOfWeek></ScheduleByWeek>',
};

/** A task has no environment of its own: Node is told to set it before it runs the program. */
function withEnvironment({ command, environment }: Job): readonly string[] {
  if (Object.keys(environment).length === 0) return command;
  const [node = '', script = '', ...rest] = command;
  const code = `const{env,argv}=globalThis.process;Object.assign(env,${JSON.stringify(environment)});argv.splice(1,0,${JSON.stringify(script)});require(argv[1])`;
  return [node, '-e', code, '--', ...rest];
}

/** As the C runtime takes a command line apart: a quote, and the backslashes before it, are escaped. */
function quoted(text: string): string {
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
