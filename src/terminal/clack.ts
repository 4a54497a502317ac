import { confirm, isCancel, password, text } from '@clack/prompts';
import { UserError } from '../errors.ts';
import type { Prompter } from './prompter.ts';

const output = process.stderr;

/** The real prompts. Drawn on standard error, because standard output is for data. */
export const clackPrompter: Prompter = {
  secret: (message) => answered(password({ message, mask: '*', output })),
  text: (message, suggestion) => answered(text({ message, placeholder: suggestion, defaultValue: suggestion, output })),
  confirm: (message) => answered(confirm({ message, initialValue: false, output })),
};

async function answered<T>(question: Promise<T>): Promise<Exclude<T, symbol>> {
  const answer = await question;
  if (isCancel(answer)) throw new UserError('interrupted', 'interrupted; nothing was changed');
  return answer as Exclude<T, symbol>;
}
