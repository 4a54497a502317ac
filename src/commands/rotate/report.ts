import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import type { Registry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import type { Reporter, StepName, StepStatus } from '../../keys/rotating.ts';
import { toKey } from '../../keys/view.ts';

export interface Step {
  readonly step: StepName;
  readonly status: StepStatus;
  readonly message: string;
}

/** What became of the secret that was replaced. */
export interface PreviousView {
  readonly redacted: string;
  readonly status: 'active' | 'retired' | 'forgotten';
  /** When `rotate --due` will end it. */
  readonly retireAt?: string;
}

/** Tells the steps of a rotation as they happen, and all of them at the end with `--json`. */
export class RotationReport implements Reporter {
  readonly #ctx: Context;
  readonly #steps: Step[] = [];
  readonly #took: Record<string, number> = {};
  #since = performance.now();

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  took(): Readonly<Record<string, number>> {
    return this.#took;
  }

  step(step: StepName, status: StepStatus, message: string): void {
    this.#steps.push({ step, status, message });
    const now = performance.now();
    this.#took[step] = Math.round(now - this.#since);
    this.#since = now;
    // That nothing is linked is for programs to know; a person who never linked anything need not hear of it.
    if (step === 'publish' && status === 'skipped') return;
    this.#ctx.ui.done(`${step.padEnd(8)}  ${status === 'done' ? '' : `${status}: `}${message}`);
  }

  /** Ends the run: the JSON document, or a closing line. */
  end(registry: Registry, name: string, previous: PreviousView | null, code: ExitCode = EXIT.ok): ExitCode {
    const entry = existing(registry, name);
    if (this.#ctx.ui.json) {
      this.#ctx.ui.document({ key: toKey(entry, registry), steps: this.#steps, previous });
    }
    this.#ctx.ui.done(`${name} is now ${entry.current.redacted}.`);
    return code;
  }
}

/** The previous secret as an entry has it: kept means that it still works. */
export function previousView({ previous, retirement }: KeyEntry): PreviousView | null {
  if (previous === null) return null;
  return { redacted: previous.redacted, status: 'active', ...(retirement && { retireAt: retirement.at }) };
}
