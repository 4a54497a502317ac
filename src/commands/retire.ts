import { parseSeconds } from '../cli/seconds.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { checkName } from '../keys/name.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { retirePrevious } from '../keys/retiring.ts';
import { forgetPrevious } from '../keys/rotation.ts';
import { refuseUnfinished } from '../keys/unfinished.ts';
import { toKey } from '../keys/view.ts';
import { confirmed } from '../terminal/ask.ts';
import { CONSOLE_KEYS_PAGE } from '../terminal/browser.ts';
import type { InputOf } from './table.ts';

/** How long a person at a terminal has to disable the key; without one, it is looked at once. */
const WAIT_SECONDS = 60;

export async function run(ctx: Context, { args, options }: InputOf<'retire'>): Promise<ExitCode> {
  const waitMs =
    1_000 * (options.timeout === undefined ? (ctx.stdin.isTTY ? WAIT_SECONDS : 0) : parseSeconds(options.timeout));
  const entry = existing(readRegistry(ctx), checkName(args[0] ?? ''));
  refuseUnfinished(entry);
  const { name, previous } = entry;
  if (previous === null) {
    throw new UserError('nothing_to_do', `${name} has no previous secret to retire`, {
      hint: `see: claude-keys status ${name}`,
    });
  }
  if (options.forget) return forget(ctx, name, previous.redacted, options.yes);
  ctx.ui.note(`the row to disable in the Console (${CONSOLE_KEYS_PAGE}): ${previous.redacted}`);
  const { outcome, message } = await retirePrevious(ctx, entry, waitMs);
  switch (outcome) {
    case 'retired':
      ctx.ui.done(`${previous.redacted}: ${message}`);
      return document(ctx, name, { redacted: previous.redacted, status: 'retired' });
    case 'still_active':
      throw new UserError('still_active', `${previous.redacted}: ${message}`, {
        hint: `to drop it from the store all the same: claude-keys retire ${name} --forget`,
      });
    case 'current_rejected':
      throw new UserError('key_rejected', `${previous.redacted} was not dropped: ${message}`);
    case 'undecided':
      throw new UserError('undecided', `${previous.redacted}: ${message}`, {
        hint: `try again: claude-keys retire ${name}`,
      });
  }
}

async function forget(ctx: Context, name: string, redacted: string, yes: boolean): Promise<ExitCode> {
  await confirmed(ctx, yes, `Drop ${redacted} from the store without checking that it is dead?`);
  await forgetPrevious(ctx, name);
  ctx.ui.done(`${redacted} is gone from the store; it works until it is disabled at ${CONSOLE_KEYS_PAGE}`);
  return document(ctx, name, { redacted, status: 'forgotten' });
}

function document(ctx: Context, name: KeyEntry['name'], previous: { redacted: string; status: string }): ExitCode {
  const registry = readRegistry(ctx);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry), previous });
  return EXIT.ok;
}
