import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf } from '../claude-code/helper.ts';
import { allSettings, type Candidate, candidates, unreadSettings, winner } from '../claude-code/precedence.ts';
import { readSettings } from '../claude-code/settings.ts';
import type { Context } from '../context.ts';
import { type Check, type CheckGroup, fail, ok, warn } from './check.ts';
import { knownRegistry } from './known.ts';

const NAME = 'Claude Code';

/** Which credential Claude Code takes when it is started from here, in its own order, and what that keeps from use. */
export const claudeCode: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    // It throws, in words, where that file cannot be understood.
    readSettings(ctx, 'user');
    const order = candidates(ctx);
    const { used, shadowed } = winner(ctx);
    const login = subscriptionOf(ctx);
    const data = { order: [...order, login], used: used?.source ?? (login.present ? login.source : null) };
    const unread = unreadSettings(ctx).map((why) => warn(NAME, `${why}; what it says was not counted`));
    return [{ ...verdict(order, used, shadowed, login), data }, ...unread, ...helperChecks(ctx)];
  },
};

function verdict(
  order: readonly Candidate[],
  used: Candidate | null,
  shadowed: readonly Candidate[],
  login: Candidate,
): Check {
  if (used === null) {
    if (login.present) return ok(NAME, 'uses the account that is logged in: nothing comes before it');
    return ok(NAME, `finds no credential here; it looks at: ${inOrder(order)}`);
  }
  const message = `takes ${used.source}: ${used.meaning}`;
  const behind = [...shadowed, ...(login.present ? [login] : [])].map(({ source }) => source);
  const isVariable = /^[A-Z_]+$/.test(used.source);
  // A login that stands behind a helper is what whoever set the helper wanted.
  if (!isVariable || behind.length === 0) return ok(NAME, `${message} (its order: ${inOrder(order)})`);
  return warn(
    NAME,
    `${message}. It wins over ${behind.join(' and ')} (its order: ${inOrder(order)})`,
    `if that is not meant, start Claude Code without it: env -u ${used.source} claude`,
  );
}

function inOrder(order: readonly Candidate[]): string {
  const names = order.map(({ source, present }) => (present ? `${source} [set]` : source.replace(' (not set)', '')));
  return [...names, 'the login'].join(', ');
}

/** The account of `/login`: Claude Code notes whose it is in a file beside its settings. */
function subscriptionOf({ env, home }: Context): Candidate {
  const file = join(env['CLAUDE_CONFIG_DIR'] || home, '.claude.json');
  return { source: 'the login', present: holdsAccount(file), meaning: 'a subscription or a Console account' };
}

function holdsAccount(file: string): boolean {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content !== 'object' || content === null) return false;
    // Where there is no keychain, it keeps the key of a Console account in this file (API-FACTS.md).
    const { oauthAccount, primaryApiKey } = content as { oauthAccount?: unknown; primaryApiKey?: unknown };
    return Boolean(oauthAccount) || Boolean(primaryApiKey);
  } catch {
    // Not there, or of a form that is not known: what it would tell is for a warning only.
    return false;
  }
}

/** Helpers of ours that could not give a key. */
function helperChecks(ctx: Context): Check[] {
  const keys = knownRegistry(ctx)?.keys;
  return allSettings(ctx).flatMap(({ helper, scope, file }) => {
    const name = helper === null ? null : keyOf(helper);
    if (helper === null || name === null) return [];
    const again = `claude-keys claude-code install${scope === 'project' ? ' --project' : ''} NAME`;
    if (keys !== undefined && !keys.has(name))
      return [fail(NAME, `${file.path} asks for the key ${name}, which is not there`, again)];
    const gone = programsIn(helper).find((path) => !existsSync(path));
    return gone === undefined ? [] : [fail(NAME, `${file.path} runs ${gone}, which is not there`, again)];
  });
}

/** The absolute paths that the command begins with, behind its settings. */
function programsIn(helper: string): string[] {
  const [command = ''] = helper.split(' print ');
  const words = command.matchAll(/(?:^| )(?:'(\/(?:[^']|'\\'')*)'|(\/\S+))/g);
  return [...words].map(([, quoted, plain]) => quoted?.replaceAll("'\\''", "'") ?? plain ?? '');
}
