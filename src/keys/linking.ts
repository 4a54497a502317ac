import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyEntry, Target } from './entry.ts';
import { changeRegistry, type Registry } from './registry.ts';
import { existing } from './resolve.ts';

/**
 * Notes that a key is published to a target.
 * @throws {UserError} `key_exists` when the target is linked already, here or to another key, or is a key's home: two
 *   keys would take turns in one place.
 */
export function link(ctx: Context, name: string, uri: string): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    for (const other of registry.keys.values()) {
      if (other.store === uri) throw taken(`${uri} is the home of ${other.name}`);
      if (other.targets?.some((target) => target.uri === uri)) throw taken(`${uri} is linked to ${other.name} already`);
    }
    await audit(ctx, { key: name, fingerprint: entry.current.fingerprint, detail: `to ${uri}` });
    entry.targets = [...(entry.targets ?? []), { uri, linkedAt: ctx.now().toISOString() }];
    save();
    return registry;
  });
}

/** Forgets a target; what is there stays. @throws {UserError} `nothing_to_do` when it is not linked. */
export function unlink(ctx: Context, name: string, uri: string): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    targetOf(entry, uri);
    await audit(ctx, { key: name, fingerprint: entry.current.fingerprint, detail: `from ${uri}` });
    entry.targets = entry.targets?.filter((target) => target.uri !== uri);
    save();
    return registry;
  });
}

/** Notes what a target was given. */
export function noteTarget(ctx: Context, name: string, uri: string, state: Partial<Target>): Promise<void> {
  return changeRegistry(ctx, ({ registry, save }) => {
    const entry = registry.keys.get(name);
    const target = entry?.targets?.find((each) => each.uri === uri);
    if (target === undefined) return;
    Object.assign(target, state);
    save();
  });
}

/** @throws {UserError} `nothing_to_do` when it is not linked. */
export function targetOf({ name, targets = [] }: KeyEntry, uri: string): Target {
  const found = targets.find((target) => target.uri === uri);
  if (found !== undefined) return found;
  const hint =
    targets.length === 0 ? `claude-keys link ${name} ${uri}` : `there are: ${targets.map((t) => t.uri).join(', ')}`;
  throw new UserError('nothing_to_do', `${uri} is not linked to ${name}`, { hint });
}

function taken(message: string): UserError {
  return new UserError('key_exists', message, { hint: 'give each key an address of its own' });
}
