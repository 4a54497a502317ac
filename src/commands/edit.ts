import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { parseDays, parseExpiry } from '../keys/dates.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { checkLabel, checkNote } from '../keys/label.ts';
import { checkName } from '../keys/name.ts';
import { changeRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { toKey } from '../keys/view.ts';
import type { InputOf } from './table.ts';

type Details = Partial<Pick<KeyEntry, 'environment' | 'note' | 'expiresAt' | 'rotateAfterDays'>>;

const WORDS: Readonly<Record<keyof Details, string>> = {
  environment: 'environment',
  note: 'note',
  expiresAt: 'expiry',
  rotateAfterDays: 'rotation age in days',
};

export async function run(ctx: Context, { args, options }: InputOf<'edit'>): Promise<ExitCode> {
  const name = checkName(args[0] ?? '');
  const details = readDetails(ctx, options);
  if (Object.keys(details).length === 0) {
    throw new UserError('usage', 'edit what? nothing to change was given', {
      hint: `for example: claude-keys edit ${name} --env staging; an empty value clears: --note ""`,
    });
  }
  const key = await changeRegistry(ctx, async ({ registry, save }) => {
    const entry = { ...existing(registry, name), ...details };
    await audit(ctx, {
      key: name,
      fingerprint: entry.current.fingerprint,
      detail: (Object.keys(details) as (keyof Details)[]).map((field) => WORDS[field]).join(', '),
    });
    registry.keys.set(name, entry);
    save();
    return toKey(entry, registry);
  });
  if (ctx.ui.json) ctx.ui.document({ key });
  for (const field of Object.keys(details) as (keyof Details)[]) {
    const value = details[field];
    ctx.ui.done(`${name}: ${WORDS[field]} ${value === null ? 'cleared' : `is now ${value}`}`);
  }
  return EXIT.ok;
}

/** What was given, checked; an empty text clears. */
function readDetails(ctx: Context, options: InputOf<'edit'>['options']): Details {
  const { env, note, expires, 'rotate-after': rotateAfter } = options;
  return {
    ...(env !== undefined && { environment: checkLabel(env) }),
    ...(note !== undefined && { note: checkNote(note) }),
    ...(expires !== undefined && { expiresAt: expires.trim() === '' ? null : parseExpiry(expires, ctx.now()) }),
    ...(rotateAfter !== undefined && { rotateAfterDays: rotateAfter.trim() === '' ? null : parseDays(rotateAfter) }),
  };
}
