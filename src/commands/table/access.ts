import type { CommandSpec } from '../../cli/spec.ts';
import { REDIS } from './words.ts';

/** Giving out less than a key. */
export const ACCESS = {
  grant: {
    group: 'Access',
    about: 'give out less than a key: tokens with limits',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['create', 'list', 'show', 'revoke'] },
      { name: 'label', about: 'for show and revoke: the label or id of a grant' },
    ],
    options: {
      key: { value: 'NAME', of: 'create', about: 'the key behind it (default: the one that is meant here)' },
      label: { value: 'LABEL', of: 'create', about: 'what it is called' },
      models: { value: 'LIST', of: 'create', about: "only these models, by commas: 'claude-haiku-*'" },
      'max-tokens': { value: 'N', of: 'create', about: 'the most output tokens of one request' },
      rpm: { value: 'N', of: 'create', about: 'requests a minute' },
      'tokens-per-day': { value: 'N', of: 'create', about: 'tokens a day (UTC), every kind counted' },
      budget: { value: 'AMOUNT', of: 'create', about: 'US dollars, by list prices: 5/day, 50/month' },
      expires: { value: 'DATE', of: 'create', about: 'when it ends: 8h, 30d, 2027-01-31' },
      endpoints: {
        value: 'LIST',
        of: 'create',
        about: 'of messages, count_tokens, models, batches, files (default: the first three)',
      },
      cidr: { value: 'LIST', of: 'create', about: 'only from these networks: 10.0.0.0/8,fd00::/8' },
      all: { of: 'list', about: 'the revoked ones too' },
      ...REDIS,
    },
    examples: [
      "claude-keys grant create --key production --label ci --models 'claude-haiku-*' --budget 5/day --expires 30d",
      'claude-keys grant list',
      'claude-keys grant revoke ci',
    ],
  },
  gateway: {
    group: 'Access',
    about: 'a local proxy for the API that takes grants',
    args: [{ name: 'action', about: 'logs: the access log; without it the gateway runs', choices: ['logs'] }],
    options: {
      listen: { value: 'ADDRESS', of: '', about: 'where to listen (default: 127.0.0.1:8317)' },
      unix: { value: 'PATH', of: '', about: 'listen at a Unix socket instead' },
      'tls-cert': { value: 'FILE', of: '', about: 'PEM certificate, without which only this machine is listened to' },
      'tls-key': { value: 'FILE', of: '', about: 'PEM key of the certificate' },
      host: { value: 'NAME', of: '', about: 'another name that it may be called by', many: true },
      metrics: { of: '', about: 'serve counts for Prometheus at /metrics' },
      ...REDIS,
      since: { value: 'TIME', of: 'logs', about: 'from then on: 24h, 7d, 2026-11-01 (default: 24h)' },
      grant: { value: 'LABEL', of: 'logs', about: 'of this grant only' },
      follow: { of: 'logs', about: 'go on with what comes' },
    },
    examples: [
      'claude-keys gateway',
      'claude-keys gateway --unix ~/.cache/claude.sock --metrics',
      'claude-keys gateway logs --since 7d --grant ci',
    ],
  },
} as const satisfies Record<string, CommandSpec>;
