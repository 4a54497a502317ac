/** What a key press did: more is awaited, the line is complete, the person gave up. */
export type Verdict = 'more' | 'submit' | 'cancel';

const ESCAPE = '\u001b';
/** One key as terminals send it: an escape sequence, a line end, or a character. */
const KEY = new RegExp(String.raw`${ESCAPE}(?:\[[0-9;?]*[ -/]*[@-~]|O.|[^[O])|\r\n|.`, 'gsu');
/** An escape sequence whose end has not arrived; a lone escape may be the key itself. */
const CUT_OFF = new RegExp(String.raw`${ESCAPE}(?:\[[0-9;?]*[ -/]*|O)?$`);

const PASTE_BEGINS = `${ESCAPE}[200~`;
const PASTE_ENDS = `${ESCAPE}[201~`;

/**
 * A line as it is typed or pasted at a hidden prompt; knows keys, draws nothing.
 *
 * Enter completes it, unless it is still empty. In a paste that the terminal marks as one (bracketed paste) a line end
 * is content, and one at its end completes the line: a secret that was wrapped when it was copied arrives whole, and
 * nothing of it is left over for the shell.
 */
export class HiddenLine {
  #characters: string[] = [];
  #pasting = false;
  #cutOff = '';

  get value(): string {
    return this.#characters.join('');
  }

  get length(): number {
    return this.#characters.length;
  }

  /** True while the last thing that came may be the Escape key or the beginning of a sequence: see {@link settle}. */
  get undecided(): boolean {
    return this.#cutOff !== '';
  }

  /** Takes what the terminal sent. What follows a verdict other than `more` is dropped. */
  feed(sent: string): Verdict {
    const text = this.#cutOff + sent;
    this.#cutOff = CUT_OFF.exec(text)?.[0] ?? '';
    for (const key of text.slice(0, text.length - this.#cutOff.length).match(KEY) ?? []) {
      const verdict = this.#press(key);
      if (verdict !== 'more') return verdict;
    }
    return 'more';
  }

  /** Nothing followed for a while: a lone escape was the Escape key. */
  settle(): Verdict {
    const alone = this.#cutOff === ESCAPE;
    this.#cutOff = '';
    return alone ? 'cancel' : 'more';
  }

  #press(key: string): Verdict {
    if (key === PASTE_BEGINS) this.#pasting = true;
    else if (key === PASTE_ENDS) return this.#endPaste();
    else if (key === '\r' || key === '\n' || key === '\r\n') return this.#endLine();
    else if (key === '\u0003') return 'cancel';
    else if (key === '\u0004') return this.length === 0 ? 'cancel' : 'more';
    else if (key === '\u007f' || key === '\b') this.#characters.pop();
    else if (key === '\u0015' || key === '\u0017') this.#characters = [];
    else if (key >= ' ') this.#characters.push(key);
    return 'more';
  }

  #endLine(): Verdict {
    if (!this.#pasting) return this.length === 0 ? 'more' : 'submit';
    this.#characters.push('\n');
    return 'more';
  }

  #endPaste(): Verdict {
    this.#pasting = false;
    const complete = this.#characters.at(-1) === '\n';
    while (this.#characters.at(-1) === '\n') this.#characters.pop();
    return complete && this.length > 0 ? 'submit' : 'more';
  }
}
