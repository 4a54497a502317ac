import type { Context } from '../context.ts';
import { keyOf } from './helper.ts';
import { readSettings, type Scope, type Settings, settingsPath, whyUnread } from './settings.ts';

/** One place where Claude Code may find a credential, and whether it finds one. */
export interface Candidate {
  readonly source: string;
  readonly present: boolean;
  /** What it means when this one is used. */
  readonly meaning: string;
}

/** The scopes in Claude Code's order: what a nearer file says wins. */
const SCOPES: readonly Scope[] = ['local', 'project', 'user'];
const CLOUD_VARIABLES = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'];

/** The settings files that can be read; of the others {@link unreadSettings} tells. */
export function allSettings(ctx: Context): Settings[] {
  return scopes(ctx).flatMap((scope) => (whyUnread(ctx, scope) === null ? [readSettings(ctx, scope)] : []));
}

/** Why each of the settings files that cannot be read says nothing. */
export function unreadSettings(ctx: Context): string[] {
  return scopes(ctx).flatMap((scope) => whyUnread(ctx, scope) ?? []);
}

/** In the home folder itself the project's file is the user's. */
function scopes(ctx: Context): Scope[] {
  const home = settingsPath(ctx, 'user');
  return SCOPES.filter((scope) => scope === 'user' || settingsPath(ctx, scope) !== home);
}

/**
 * Where Claude Code looks for a credential when it is started from here, in its own order; the first one that is present
 * is used. Source: the documentation of Claude Code, "Authentication precedence".
 */
export function candidates(ctx: Context): Candidate[] {
  const settings = allSettings(ctx);
  const has = (variable: string) =>
    Boolean(ctx.env[variable]) || settings.some(({ variables }) => variables.includes(variable));
  const helper = settings.find((candidate) => candidate.helper !== null);
  const key = helper?.helper ? keyOf(helper.helper) : null;
  return [
    ...CLOUD_VARIABLES.map((variable) => ({
      source: variable,
      present: has(variable),
      meaning: "the cloud provider's credentials are used",
    })),
    {
      source: 'ANTHROPIC_AUTH_TOKEN',
      present: has('ANTHROPIC_AUTH_TOKEN'),
      meaning: 'sent as a bearer token, meant for gateways',
    },
    {
      source: 'ANTHROPIC_API_KEY',
      present: has('ANTHROPIC_API_KEY'),
      meaning: 'this key is billed, not a subscription',
    },
    {
      source: `apiKeyHelper (${helper?.scope ?? 'not set'})`,
      present: helper !== undefined,
      meaning: key === null ? 'a command that is not ours gives the key' : `claude-keys gives the key ${key}`,
    },
    {
      source: 'CLAUDE_CODE_OAUTH_TOKEN',
      present: has('CLAUDE_CODE_OAUTH_TOKEN'),
      meaning: 'a token made by claude setup-token',
    },
  ];
}

/** What is used, and what is present but never looked at because of it. */
export function winner(ctx: Context): { readonly used: Candidate | null; readonly shadowed: readonly Candidate[] } {
  const [used = null, ...shadowed] = candidates(ctx).filter(({ present }) => present);
  return { used, shadowed };
}
