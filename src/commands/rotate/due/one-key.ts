import type { Context } from '../../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../../errors.ts';
import type { Consoles } from '../../../keys/console.ts';
import { type Due, duesOf } from '../../../keys/due.ts';
import type { KeyEntry } from '../../../keys/entry.ts';
import { readRegistry } from '../../../keys/registry.ts';
import { existing } from '../../../keys/resolve.ts';
import { refusePreviousActive } from '../../../keys/rotation.ts';
import { withKeyLock } from '../../../keys/rotation-lock.ts';
import { stageStandby } from '../../../keys/staging.ts';
import { noStandby, settleStandby, usableStandbys } from '../../../keys/standby.ts';
import { refuseUnfinished } from '../../../keys/unfinished.ts';
import { endPrevious, finishRotation } from '../finish.ts';
import { howFrom, retirePlan } from '../how.ts';
import type { RotateOptions } from '../index.ts';
import { RotationReport } from '../report.ts';
import type { Result } from './results.ts';

/** Does for one key what is due, one thing after the other, up to the first that cannot be done. Never throws for it. */
export async function doDue(outer: Context, name: string, consoles: Consoles, options: RotateOptions): Promise<Result> {
  const warnings: string[] = [];
  const ctx = quietly(outer, warnings);
  const report = new RotationReport(ctx);
  const before = readRegistry(ctx).keys.get(name);
  const done: Due[] = [];
  const begun = performance.now();
  const result = (status: Result['status'], message: string): Result => {
    const now = readRegistry(ctx).keys.get(name);
    return {
      name,
      status,
      message,
      did: done.map(({ what }) => what),
      why: done[0]?.why ?? '',
      from: before?.current ?? null,
      to: now?.current ?? null,
      steps: report.steps,
      warnings,
      tookMs: Math.round(performance.now() - begun),
    };
  };
  try {
    const worker = new Worker(ctx, name, consoles, options, report);
    const code = await withKeyLock(ctx, name, () => worker.work((due) => done.push(due)));
    return result(statusOf(code), report.steps.at(-1)?.message ?? '');
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
    const hint = error.hint === undefined ? '' : `; ${error.hint}`;
    return result(statusOfError(error), `${error.message}${hint}`);
  }
}

class Worker {
  readonly #ctx: Context;
  readonly #name: string;
  readonly #consoles: Consoles;
  readonly #options: RotateOptions;
  readonly #report: RotationReport;

  constructor(ctx: Context, name: string, consoles: Consoles, options: RotateOptions, report: RotationReport) {
    this.#ctx = ctx;
    this.#name = name;
    this.#consoles = consoles;
    this.#options = options;
    this.#report = report;
  }

  /** One thing ended may make another one due, or undue: looked at anew each time. */
  async work(onBegin: (due: Due) => void): Promise<ExitCode> {
    const tried = new Set<string>();
    for (;;) {
      const [due] = duesOf(this.#entry(), this.#ctx.now()).filter((one) => !tried.has(markOf(one)));
      if (due === undefined) return EXIT.ok;
      tried.add(markOf(due));
      onBegin(due);
      if (due.byClock) await this.#refuseWrongClock();
      const code = await this.#do(due);
      if (code !== EXIT.ok) return code;
    }
  }

  async #do({ what, standby = 0 }: Due): Promise<ExitCode> {
    const [ctx, name] = [this.#ctx, this.#name];
    const how = howFrom(ctx, this.#options, this.#report, { unattended: true, consoles: this.#consoles });
    switch (what) {
      case 'resume':
        // One whose new secret was never stored is over; if the key is due, it is begun anew.
        return ignoring('rotation_undone', () => finishRotation(ctx, name, how, this.#report));
      case 'retire':
        return endPrevious(ctx, readRegistry(ctx), name, how, this.#report);
      case 'settle':
        await settleStandby(ctx, name, standby, this.#consoles);
        return EXIT.ok;
      case 'rotate':
        await this.#stageNext();
        return finishRotation(ctx, name, how, this.#report);
    }
  }

  /**
   * Standbys that were deleted or are over are passed over, and not dropped: an admin key of another organization sees
   * none of them.
   */
  async #stageNext(): Promise<void> {
    const [ctx, name] = [this.#ctx, this.#name];
    const entry = this.#entry();
    refuseUnfinished(entry);
    refusePreviousActive(entry);
    const candidates = usableStandbys(entry, ctx.now());
    const console = await this.#consoles.for(entry);
    for (const { number, ...record } of candidates) {
      const found = await console.find(record);
      const status = found.kind === 'one' ? found.row.status : found.kind;
      if (status !== 'none' && status !== 'expired' && status !== 'archived') {
        await stageStandby(ctx, name, number, { why: 'due', retire: retirePlan(this.#options, 'now') });
        this.#report.step('stage', 'done', `standby ${number}, ${record.redacted}`);
        return;
      }
      const what = status === 'none' ? 'is not in the Console (deleted?)' : `is ${status} in the Console`;
      ctx.ui.warn(
        `standby ${number} of ${name} (${record.redacted}) ${what}: claude-keys standby remove ${name} ${number}`,
      );
    }
    throw noStandby(entry);
  }

  async #refuseWrongClock(): Promise<void> {
    const console = await this.#consoles.forOrNone(this.#entry());
    await console?.refuseWrongClock();
  }

  #entry(): KeyEntry {
    return existing(readRegistry(this.#ctx), this.#name);
  }
}

function markOf({ what, standby }: Due): string {
  return `${what} ${standby ?? ''}`;
}

async function ignoring(code: UserError['code'], work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError && error.code === code) return EXIT.ok;
    throw error;
  }
}

function statusOf(code: ExitCode): Result['status'] {
  if (code === EXIT.ok) return 'done';
  return code === EXIT.undecided ? 'undecided' : 'failed';
}

/** `blocked` is what only a person can move on. */
function statusOfError({ code, exitCode }: UserError): Result['status'] {
  if (code === 'busy') return 'busy';
  if (['no_standby', 'previous_active', 'unfinished_change', 'admin_key_needed', 'ambiguous_hint'].includes(code)) {
    return 'blocked';
  }
  return exitCode === EXIT.undecided || exitCode === EXIT.store ? 'undecided' : 'failed';
}

/** Many are at work at once: each keeps what it has to say until the end. */
function quietly(ctx: Context, warnings: string[]): Context {
  const silent = () => {};
  const { colorOut, colorErr, detail } = ctx.ui;
  return {
    ...ctx,
    ui: {
      json: false,
      quiet: true,
      colorOut,
      colorErr,
      data: silent,
      document: silent,
      done: silent,
      note: silent,
      warn: (message) => void warnings.push(message),
      detail,
    },
  };
}
