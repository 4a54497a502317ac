import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { HiddenLine, type Verdict } from './hidden-line.ts';

/** The terminal as the prompt needs it: `process.stdin` and `process.stderr`, when they are one. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { setRawMode(on: boolean): unknown };
  readonly output: { readonly columns?: number; write(text: string): unknown };
}

const ASK_FOR_MARKED_PASTES = '\u001b[?2004h';
const NO_MARKED_PASTES = '\u001b[?2004l';
/** A sequence arrives in one go; over a slow line its parts may come this far apart. */
const ESCAPE_MS = 60;
/** The rest of a paste that the terminal did not mark arrives within this time. */
const LINGER_MS = 40;

/**
 * Asks for a secret, showing one star for each character and never a character itself.
 *
 * Written here because @clack/prompts redraws the whole question at each key: after a resize the stars of a line that
 * wraps stay behind, in a terminal without a size it prints one character a line, and what follows a line end within a
 * paste can reach the shell, which would echo it and keep it in its history.
 *
 * @returns what was typed; null when the person gave up (Ctrl-C, Escape, Ctrl-D) or the terminal went away
 */
export async function askSecret(terminal: Terminal, question: string): Promise<string | null> {
  const { input, output } = terminal;
  const line = new HiddenLine();
  input.setRawMode(true);
  output.write(`${ASK_FOR_MARKED_PASTES}${question}`);
  try {
    const verdict = await read(terminal, question, line);
    await drain(input);
    return verdict === 'submit' ? line.value : null;
  } finally {
    output.write(`${NO_MARKED_PASTES}\r\n`);
    input.setRawMode(false);
    input.pause();
  }
}

function read({ input, output }: Terminal, question: string, line: HiddenLine): Promise<Verdict> {
  return new Promise((resolve) => {
    const decoder = new StringDecoder('utf8');
    let waiting: NodeJS.Timeout | undefined;
    const finish = (verdict: Verdict) => {
      clearTimeout(waiting);
      input.off('data', onData).off('end', onEnd);
      resolve(verdict);
    };
    const onEnd = () => finish('cancel');
    const onData = (chunk: Buffer | string) => {
      clearTimeout(waiting);
      const before = line.length;
      const verdict = line.feed(typeof chunk === 'string' ? chunk : decoder.write(chunk));
      output.write(redraw(question.length, before, line.length, output.columns || 80, question));
      if (verdict !== 'more') return finish(verdict);
      if (line.undecided) waiting = setTimeout(() => line.settle() === 'cancel' && finish('cancel'), ESCAPE_MS);
    };
    input.on('data', onData).on('end', onEnd);
    input.resume();
  });
}

/** What to write so that `after` stars stand behind the question where `before` stood. */
function redraw(indent: number, before: number, after: number, columns: number, question: string): string {
  if (after >= before) return stars(indent + before, after - before, columns);
  const up = Math.floor((indent + before) / columns);
  return `\r${up === 0 ? '' : `\u001b[${up}A`}\u001b[J${question}${stars(indent, after, columns)}`;
}

/**
 * Stars from a position on. A terminal leaves the cursor hanging behind a line that is exactly full, some of them one
 * line higher than others: a space and a return put it at the beginning of the next line on all of them.
 */
function stars(from: number, count: number, columns: number): string {
  const full = count > 0 && (from + count) % columns === 0;
  return `${'*'.repeat(count)}${full ? ' \r' : ''}`;
}

/** Swallows what is still arriving, so that no part of a secret reaches the program that reads the terminal next. */
async function drain(input: Terminal['input']): Promise<void> {
  const swallow = () => {};
  input.on('data', swallow);
  await sleep(LINGER_MS);
  input.off('data', swallow);
}
