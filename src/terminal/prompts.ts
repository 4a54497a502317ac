import { createInterface } from 'node:readline';
import { UserError } from '../errors.ts';
import { askSecret, type Terminal } from './ask-secret.ts';
import type { Prompter } from './prompter.ts';

/** Prompts on a terminal; drawn on its output, which is standard error because standard output is for data. */
export function createPrompter(terminal: Terminal & { readonly output: NodeJS.WritableStream }): Prompter {
  return {
    secret: async (question) => answered(await askSecret(terminal, colon(question))),
    text: async (question, suggestion) => {
      const suggested = suggestion === '' ? colon(question) : `${question} [${suggestion}]: `;
      return answered(await askLine(terminal, suggested)).trim() || suggestion;
    },
    confirm: async (question) => /^y(es)?$/i.test(answered(await askLine(terminal, `${question} [y/N] `)).trim()),
  };
}

/** The prompts of the real terminal. */
export const terminalPrompter: Prompter = {
  secret: (question) => realPrompter().secret(question),
  text: (question, suggestion) => realPrompter().text(question, suggestion),
  confirm: (question) => realPrompter().confirm(question),
};

function realPrompter(): Prompter {
  return createPrompter({ input: process.stdin, output: process.stderr });
}

function colon(question: string): string {
  return /[?:]$/.test(question) ? `${question} ` : `${question}: `;
}

function answered(answer: string | null): string {
  if (answer === null) throw new UserError('interrupted', 'interrupted; nothing was changed');
  return answer;
}

/** One visible line, with the editing keys of readline; null when the person gave up. */
function askLine({ input, output }: Terminal & { output: NodeJS.WritableStream }, question: string) {
  return new Promise<string | null>((resolve) => {
    const lines = createInterface({ input, output, terminal: true, historySize: 0 });
    const onKey = (_: unknown, key: { name?: string } | undefined) => {
      if (key?.name === 'escape') lines.close();
    };
    let line: string | null = null;
    input.on('keypress', onKey);
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      input.off('keypress', onKey);
      if (line === null) output.write('\r\n');
      resolve(line);
    });
    lines.question(question, (typed) => {
      line = typed;
      lines.close();
    });
  });
}
