import type { Context } from '../context.ts';
import { duration, timeAgo, timeLeft } from './dates.ts';
import { type Change, isThere, type KeyEntry } from './entry.ts';
import { identify } from './identify.ts';
import { VARIABLE_OF } from './kind.ts';
import type { Registry } from './registry.ts';
import { Secret } from './secret.ts';
import { wayToEnd } from './unfinished.ts';
import { rotationDue } from './view.ts';

/** Every kind of warning, the most urgent first: they are shown in this order. */
const CODES = [
  'expired',
  'last_check_failed',
  'rotation_unfinished',
  'add_unfinished',
  'rename_unfinished',
  'remove_unfinished',
  'default_missing',
  'clock_behind',
  'environment_differs',
  'expires_soon',
  'rotation_overdue',
  'standby_unfinished',
  'standby_low',
  'previous_active',
  'unverified',
] as const;

export type WarningCode = (typeof CODES)[number];

/** Something a person should act on; `hint` is the command that does. Never holds a secret. */
export interface Warning {
  readonly code: WarningCode;
  /** The key it is about; missing when it is about the machine. */
  readonly key?: string;
  readonly message: string;
  readonly hint?: string;
}

const SOON_MS = 14 * 24 * 3_600_000;

/** What is to be done about the keys, and about the variable that programs read a key from. Reads no store. */
export function warningsOf(registry: Registry, ctx: Pick<Context, 'env' | 'now'>): Warning[] {
  const now = ctx.now();
  const warnings: Warning[] = [...ofDefault(registry), ...ofEnvironment(registry, ctx.env)];
  for (const entry of registry.keys.values()) {
    if (entry.change !== null) warnings.push(ofChange(entry.name, entry.change, now));
    if (!isThere(entry)) continue;
    addDates(warnings, entry, now);
    addState(warnings, entry, now);
  }
  return warnings.sort((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code) || compare(a.key, b.key));
}

function compare(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function ofChange(name: string, change: Change, now: Date): Warning {
  const begun = `begun ${timeAgo(change.startedAt, now)} and not ended`;
  const words = {
    add: ['add_unfinished', `adding ${name} was ${begun}; it is not there yet`],
    rotate: ['rotation_unfinished', `the rotation of ${name} was ${begun}; the key still works`],
    rename: ['rename_unfinished', `renaming ${name} was ${begun}`],
    remove: ['remove_unfinished', `removing ${name} was ${begun}`],
  } as const;
  const [code, message] = words[change.operation];
  return { code, key: name, message, hint: wayToEnd(name, change) };
}

function addDates(warnings: Warning[], entry: KeyEntry, now: Date): void {
  const { name: key, expiresAt } = entry;
  const hint = `claude-keys rotate ${key}`;
  const left = expiresAt === null ? Number.NaN : Date.parse(expiresAt) - now.getTime();
  if (left <= 0) warnings.push({ code: 'expired', key, message: `${key} expired ${duration(left)} ago`, hint });
  else if (left <= SOON_MS) {
    warnings.push({ code: 'expires_soon', key, message: `${key} expires in ${timeLeft(left)}`, hint });
  }
  const over = now.getTime() - rotationDue(entry);
  if (over >= 0) {
    warnings.push({
      code: 'rotation_overdue',
      key,
      message: `${key} has been due for rotation for ${duration(over)}`,
      hint,
    });
  }
}

/** More than clocks differ that are set by the network. */
const CLOCK_MS = 10 * 60_000;

function addState(warnings: Warning[], entry: KeyEntry, now: Date): void {
  const { name: key, lastCheck, previous, change, retirement } = entry;
  const ahead = Date.parse(entry.current.addedAt) - now.getTime();
  if (ahead > CLOCK_MS) {
    const message = `${key} was stored ${timeLeft(ahead)} from now: the clock of this machine was turned back, or is wrong`;
    warnings.push({ code: 'clock_behind', key, message });
  }
  const status = lastCheck?.status;
  if (lastCheck && (status === 'rejected' || status === 'disabled')) {
    const message = `${key} was ${status} at its last test, ${timeAgo(lastCheck.at, now)}`;
    warnings.push({ code: 'last_check_failed', key, message, hint: `claude-keys rotate ${key}` });
  }
  if (status === 'unverified') {
    const message = `${key} could not be tested when it was stored`;
    warnings.push({ code: 'unverified', key, message, hint: `claude-keys verify ${key}` });
  }
  if (previous !== null && change === null) {
    const left = retirement ? Date.parse(retirement.at) - now.getTime() : Number.NaN;
    const what = left > 0 ? `is retired by rotate --due in ${timeLeft(left)}` : 'is not retired';
    const message = `the previous secret of ${key} (${previous.redacted}) ${what}`;
    warnings.push({ code: 'previous_active', key, message, hint: `claude-keys retire ${key}` });
  }
  addStandby(warnings, entry);
}

/** A key that never had one on standby is rotated by hand. */
function addStandby(warnings: Warning[], entry: KeyEntry): void {
  const { name: key, standby } = entry;
  if (standby === undefined) return;
  const add = `claude-keys standby add ${key}`;
  if (standby.length <= 1) {
    const left =
      standby.length === 0 ? `${key} has no secret on standby left` : `${key} has its last secret on standby`;
    warnings.push({ code: 'standby_low', key, message: left, hint: add });
  }
  if (standby.some(({ state }) => state !== 'ready')) {
    const message = `a secret on standby of ${key} is not switched off in the Console yet`;
    warnings.push({ code: 'standby_unfinished', key, message, hint: 'claude-keys rotate --due --yes' });
  }
}

function ofDefault(registry: Registry): Warning[] {
  const { default: name } = registry;
  if (name === null || registry.keys.has(name)) return [];
  return [{ code: 'default_missing', message: `the default key, ${name}, is not there`, hint: 'claude-keys use NAME' }];
}

/** Programs take the variable before anything else, so a key in it that is not stored here is used unseen. */
function ofEnvironment(registry: Registry, env: Context['env']): Warning[] {
  const variable = VARIABLE_OF.api;
  const value = env[variable]?.trim();
  if (!value) return [];
  const { fingerprint, redacted } = identify(new Secret(value));
  const code = 'environment_differs';
  const shown = /^sk-ant-[\w-]+$/.test(value) ? ` (${redacted})` : '';
  for (const { name: key, current, pending, previous } of registry.keys.values()) {
    if (current.fingerprint === fingerprint || pending?.fingerprint === fingerprint) return [];
    if (previous?.fingerprint !== fingerprint) continue;
    const message = `${variable} in this environment is the previous secret of ${key}${shown}`;
    return [{ code, key, message, hint: `eval "$(claude-keys export ${key})"` }];
  }
  const message = `${variable} in this environment is no stored key${shown}`;
  return [{ code, message, hint: `store it: claude-keys add NAME --from-env ${variable}; or: unset ${variable}` }];
}
