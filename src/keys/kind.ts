import type { KeyKind } from './entry.ts';

/** The variable that programs read a credential of this kind from. */
export const VARIABLE_OF = {
  api: 'ANTHROPIC_API_KEY',
  admin: 'ANTHROPIC_ADMIN_KEY',
  oauth: 'CLAUDE_CODE_OAUTH_TOKEN',
} as const satisfies Record<KeyKind, string>;

/**
 * Every variable in which a program could find another Anthropic credential than the one it is meant to use
 * (API-FACTS.md: the SDK's own order of search, the Admin tools and Claude Code).
 */
export const CREDENTIAL_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_AUTH_TOKEN',
  'ANTHROPIC_ADMIN_KEY',
  'ANTHROPIC_ADMIN_API_KEY',
  'ANTHROPIC_PROFILE',
  'ANTHROPIC_IDENTITY_TOKEN',
  'ANTHROPIC_IDENTITY_TOKEN_FILE',
  'ANTHROPIC_FEDERATION_RULE_ID',
  'ANTHROPIC_ENVIRONMENT_KEY',
  'ANTHROPIC_WORK_SECRET',
  'CLAUDE_CODE_OAUTH_TOKEN',
] as const;
