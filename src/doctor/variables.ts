import { resolveEndpoint } from '../anthropic/endpoint.ts';
import type { Context } from '../context.ts';
import { warningsOf } from '../keys/warnings.ts';
import { type Check, type CheckGroup, ok, warn } from './check.ts';
import { knownRegistry } from './known.ts';

const NAME = 'variables';

/** Variables of which a program takes one: which, differs from program to program. */
const RIVALS = [
  ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_PROFILE'],
  ['ANTHROPIC_ADMIN_KEY', 'ANTHROPIC_ADMIN_API_KEY'],
];

/** The credentials in the environment: by their names alone. */
export const variables: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    const found = [...RIVALS.flatMap((rivals) => conflict(ctx, rivals)), ...unknownKey(ctx)];
    if (found.length > 0) return found;
    const set = RIVALS.flat().filter((variable) => ctx.env[variable]);
    const message = set.length === 0 ? 'no credential is in the environment' : `set: ${set.join(', ')}`;
    return [{ ...ok(NAME, message), data: { variables: set } }];
  },
};

function conflict(ctx: Context, rivals: readonly string[]): Check[] {
  const set = rivals.filter((variable) => ctx.env[variable]);
  if (set.length < 2) return [];
  const message = `${set.join(' and ')} are set: programs differ in which of them they take`;
  const hint = `leave one and unset the others, for example: unset ${set.slice(1).join(' ')}`;
  return [{ ...warn(NAME, message, hint), data: { variables: set } }];
}

function unknownKey(ctx: Context): Check[] {
  const registry = knownRegistry(ctx);
  // Nothing to compare with.
  if (registry === null) return [];
  return warningsOf(registry, ctx)
    .filter(({ code }) => code === 'environment_differs')
    .map(({ message, hint }) => ({ ...warn(NAME, message, hint), data: { variables: ['ANTHROPIC_API_KEY'] } }));
}

/** Where keys would be sent; it throws, in words, when they would be refused. */
export const baseUrl: CheckGroup = {
  name: 'ANTHROPIC_BASE_URL',
  run: (ctx) => {
    const { host } = resolveEndpoint(ctx);
    const set = Boolean(ctx.env['ANTHROPIC_BASE_URL']?.trim());
    return [ok('ANTHROPIC_BASE_URL', set ? `keys are sent to ${host}` : `not set: keys are sent to ${host}`)];
  },
};
