import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { SecretRecord } from '../../keys/entry.ts';
import type { Registry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { toKey } from '../../keys/view.ts';

export type StepName = 'stage' | 'test' | 'promote' | 'publish' | 'retire' | 'abort';
export type StepStatus = 'done' | 'skipped' | 'pending' | 'failed';

/** What became of the secret that was replaced. */
export interface PreviousView {
  readonly redacted: string;
  readonly status: 'active' | 'retired' | 'forgotten';
}

/** Tells the steps of a rotation as they happen, and all of them at the end with `--json`. */
export class RotationReport {
  readonly #ctx: Context;
  readonly #steps: { step: StepName; status: StepStatus; message: string }[] = [];

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  step(step: StepName, status: StepStatus, message: string): void {
    this.#steps.push({ step, status, message });
    // That nothing is linked is for programs to know; a person who never linked anything need not hear of it.
    if (step === 'publish' && status === 'skipped') return;
    this.#ctx.ui.done(`${step.padEnd(7)}  ${status === 'done' ? '' : `${status}: `}${message}`);
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
export function previousView(previous: SecretRecord | null): PreviousView | null {
  return previous === null ? null : { redacted: previous.redacted, status: 'active' };
}
