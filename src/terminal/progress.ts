import type { Context } from '../context.ts';

/** One line on the terminal that says what is being waited for. */
export interface Progress {
  /** Puts another text in the place of the last one. */
  update(text: string): void;
  /** Removes the line. Call it before anything else is written, and always (in a `finally`); twice does no harm. */
  stop(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
/** The text console of Linux has no glyphs for those. */
const PLAIN_FRAMES = ['|', '/', '-', '\\'] as const;
const FRAME_MS = 80;
const CLEAR_LINE = '\r\u001b[K';

const SILENT: Progress = { update: () => {}, stop: () => {} };

/**
 * Shows a moving line on standard error until it is stopped: only on a terminal, and not with `--quiet` or `--json`.
 * It never keeps the process alive. The text is ours: it must hold no control characters and no secret.
 */
export function progress(ctx: Context, text: string): Progress {
  const { stderr, ui, env } = ctx;
  if (!stderr.isTTY || ui.quiet || ui.json || env['TERM'] === 'dumb') return SILENT;
  const frames = env['TERM'] === 'linux' ? PLAIN_FRAMES : FRAMES;
  let shown = text;
  let turn = 0;
  const draw = () => {
    // One column less than there is: a full line wraps on some terminals, and then cannot be removed.
    const line = `${frames[turn % frames.length]} ${shown}`.slice(0, Math.max(1, stderr.columns - 1));
    stderr.write(`${CLEAR_LINE}${line}`);
  };
  const timer = setInterval(() => {
    turn += 1;
    draw();
  }, FRAME_MS);
  timer.unref();
  draw();
  let stopped = false;
  return {
    update(next) {
      shown = next;
      if (!stopped) draw();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      stderr.write(CLEAR_LINE);
    },
  };
}
