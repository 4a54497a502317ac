import type { Context } from '../../context.ts';
import { type ExitCode, UserError } from '../../errors.ts';
import type { InputOf } from '../table.ts';
import { setLimit, showLimits } from './limits.ts';
import { linkKey } from './link.ts';
import { listKeysOfConsole } from './list.ts';
import { isHint, switchKey } from './switch.ts';

export type ConsoleOptions = InputOf<'console'>['options'];

/** What each action takes behind it. */
const WORDS = {
  list: [],
  link: ['NAME', 'ID'],
  disable: ['ID-OR-HINT'],
  enable: ['ID-OR-HINT'],
  limits: ['WORKSPACE', 'AMOUNT'],
} as const;

export async function run(ctx: Context, { args, options }: InputOf<'console'>): Promise<ExitCode> {
  const [action = '', ...words] = args;
  // Alone, it shows them all.
  const wanted = action === 'limits' && words.length === 0 ? [] : WORDS[action as keyof typeof WORDS];
  if (words.length !== wanted.length) {
    throw new UserError('usage', `console ${action} takes ${wanted.join(' and ') || 'nothing more'}`, {
      hint: `write it as: claude-keys console ${[action, ...wanted].join(' ')}`,
    });
  }
  const [first = '', second = ''] = words;
  switch (action as keyof typeof WORDS) {
    case 'list':
      return listKeysOfConsole(ctx, options);
    case 'link':
      return linkKey(ctx, first, checkId(second), options);
    case 'disable':
      return switchKey(ctx, isHint(first) ? first : checkId(first), 'inactive', options);
    case 'enable':
      return switchKey(ctx, isHint(first) ? first : checkId(first), 'active', options);
    case 'limits':
      return words.length === 0 ? showLimits(ctx, options) : setLimit(ctx, first, second, options);
  }
}

function checkId(text: string): string {
  if (/^[\w-]{1,80}$/.test(text)) return text;
  throw new UserError('usage', `${JSON.stringify(text.slice(0, 80))} is no id of a key in the Console`, {
    hint: 'ids begin with apikey_; see: claude-keys console list',
  });
}
