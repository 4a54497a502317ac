import type { Context } from '../../context.ts';

/** How long the keychain may take, in milliseconds. */
export interface Patience {
  /** Until standard error says what is being waited for. */
  readonly notice: number;
  /** Until it is given up: a person at the terminal gets time to answer a question of the keychain. */
  readonly withTerminal: number;
  /** Claude Code complains of an `apiKeyHelper` that takes 10 s (API-FACTS.md): the reason is told before that. */
  readonly withoutTerminal: number;
}

export const PATIENCE: Patience = { notice: 3_000, withTerminal: 60_000, withoutTerminal: 9_000 };

/**
 * The result of `work`, or of `giveUp` when the time is up first; what `work` says after that is ignored. Whether there
 * is a terminal is looked up only once it matters, since the look itself takes time.
 */
export function withPatience<T>(
  ctx: Pick<Context, 'ui' | 'stdin'>,
  patience: Patience,
  { work, waitingFor, giveUp }: { work: Promise<T>; waitingFor: string; giveUp: (seconds: number) => Promise<T> },
): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(() => {
      ctx.ui.note(`waiting for ${waitingFor}`);
      const limit = ctx.stdin.isTTY ? patience.withTerminal : patience.withoutTerminal;
      timer = setTimeout(() => giveUp(Math.round(limit / 1000)).then(resolve, reject), limit - patience.notice);
    }, patience.notice);
    // Behind what the answer was waited for: the first timer that a process takes back costs it 0.2 ms.
    work.then(resolve, reject).finally(() => setImmediate(() => clearTimeout(timer)));
  });
}
