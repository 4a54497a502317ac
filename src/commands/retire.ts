import { parseSeconds } from '../cli/seconds.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { Consoles } from '../keys/console.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { checkName } from '../keys/name.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { retirePrevious } from '../keys/retiring.ts';
import { withKeyLock } from '../keys/rotation-lock.ts';
import { forgetPrevious } from '../keys/undoing.ts';
import { refuseUnfinished } from '../keys/unfinished.ts';
import { toKey } from '../keys/view.ts';
import { confirmed } from '../terminal/ask.ts';
import { CONSOLE_KEYS_PAGE } from '../terminal/browser.ts';
import { RotationReport } from './rotate/report.ts';
import type { InputOf } from './table.ts';

/** How long the service may take to notice, and a person at a terminal to disable the key. */
const WAIT_SECONDS = 60;

type Options = InputOf<'retire'>['options'];

export async function run(ctx: Context, { args, options }: InputOf<'retire'>): Promise<ExitCode> {
  const name = checkName(args[0] ?? '');
  return withKeyLock(ctx, name, () => retire(ctx, name, options));
}

async function retire(ctx: Context, name: string, options: Options): Promise<ExitCode> {
  const entry = existing(readRegistry(ctx), name);
  refuseUnfinished(entry);
  const { previous, retirement } = entry;
  if (previous === null) {
    throw new UserError('nothing_to_do', `${name} has no previous secret to retire`, {
      hint: `see: claude-keys status ${name}`,
    });
  }
  if (options.forget) return forget(ctx, name, previous.redacted, options.yes);
  const consoles = new Consoles(ctx, options['admin-key']);
  const waitMs = await patience(ctx, entry, consoles, options);
  const archive = options.archive || retirement?.how === 'archive';
  const report = new RotationReport(ctx);
  const { outcome, message } = await retirePrevious(ctx, name, {
    rotation: { report, consoles, unverified: false, allowOtherOrg: false, waitMs, unattended: false },
    how: archive ? 'archive' : 'switch_off',
    waitMs,
  });
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
    case 'rolled_back':
      throw new UserError('rolled_back', `${previous.redacted} was not retired: ${message}`, {
        hint: `look into the other one: claude-keys verify ${name}; claude-keys console list`,
      });
    case 'undecided':
      throw new UserError('undecided', `${previous.redacted}: ${message}`, {
        hint: `try again: claude-keys retire ${name}`,
      });
  }
}

/** Without an admin key a person switches it off, and is waited for if there is one. */
async function patience(ctx: Context, entry: KeyEntry, consoles: Consoles, { timeout }: Options): Promise<number> {
  const asked = timeout === undefined ? undefined : 1_000 * parseSeconds(timeout);
  if ((await consoles.forOrNone(entry)) !== null) return asked ?? 1_000 * WAIT_SECONDS;
  ctx.ui.note(`the row to disable in the Console (${CONSOLE_KEYS_PAGE}): ${entry.previous?.redacted}`);
  return asked ?? (ctx.stdin.isTTY ? 1_000 * WAIT_SECONDS : 0);
}

async function forget(ctx: Context, name: string, redacted: string, yes: boolean): Promise<ExitCode> {
  await confirmed(ctx, yes, `Drop ${redacted} from the store without checking that it is dead?`);
  await forgetPrevious(ctx, name, null);
  ctx.ui.done(`${redacted} is gone from the store; it works until it is disabled at ${CONSOLE_KEYS_PAGE}`);
  return document(ctx, name, { redacted, status: 'forgotten' });
}

function document(ctx: Context, name: KeyEntry['name'], previous: { redacted: string; status: string }): ExitCode {
  const registry = readRegistry(ctx);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry), previous });
  return EXIT.ok;
}
