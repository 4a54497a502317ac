import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import type { CommandName, InputOf } from './table.ts';

/** A command's body: works through the context alone, renders its result, says how it went. */
export type Run<N extends CommandName> = (ctx: Context, input: InputOf<N>) => Promise<ExitCode | ChildExit>;

/** The exit code of a child that `exec` ran: any number from 0 to 255. */
export interface ChildExit {
  readonly childCode: number;
}

/** The bodies, each loaded when its command is run. */
export const BODIES: { readonly [N in CommandName]: () => Promise<{ readonly run: Run<N> }> } = {
  add: () => import('./add.ts'),
  status: () => import('./status.ts'),
  verify: () => import('./verify.ts'),
  rotate: () => import('./rotate/index.ts'),
  retire: () => import('./retire.ts'),
  standby: () => import('./standby.ts'),
  console: () => import('./console/index.ts'),
  history: () => import('./history.ts'),
  remind: () => import('./remind.ts'),
  edit: () => import('./edit.ts'),
  rename: () => import('./rename.ts'),
  remove: () => import('./remove.ts'),
  import: () => import('./import.ts'),
  link: () => import('./link.ts'),
  unlink: () => import('./unlink.ts'),
  push: () => import('./push.ts'),
  pull: () => import('./pull.ts'),
  scan: () => import('./scan.ts'),
  exec: () => import('./exec.ts'),
  export: () => import('./export.ts'),
  print: () => import('./print.ts'),
  copy: () => import('./copy.ts'),
  use: () => import('./use.ts'),
  audit: () => import('./audit.ts'),
  grant: () => import('./grant.ts'),
  gateway: () => import('./gateway.ts'),
  usage: () => import('./usage.ts'),
  budget: () => import('./budget.ts'),
  shell: () => import('./shell.ts'),
  allow: () => import('./allow.ts'),
  deny: () => import('./deny.ts'),
  'claude-code': () => import('./claude-code.ts'),
  schedule: () => import('./schedule.ts'),
  hook: () => import('./hook.ts'),
  config: () => import('./config.ts'),
  doctor: () => import('./doctor.ts'),
  completion: () => import('./completion.ts'),
};
