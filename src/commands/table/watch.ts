import type { CommandSpec } from '../../cli/spec.ts';
import { ADMIN_KEY } from './words.ts';

/** Who took which key, and what it costs. */
export const WATCH = {
  audit: {
    group: 'Watch',
    about: 'who took which key, and what was changed',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['show', 'verify', 'sink'] },
      { name: 'address', about: 'sink: syslog:, syslog://HOST:PORT, or the address of an OpenTelemetry collector' },
    ],
    options: {
      key: { value: 'NAME', of: 'show', about: 'lines of this key only' },
      since: { value: 'TIME', about: 'lines from then on: 24h, 7d, 2026-11-01' },
      last: { value: 'COUNT', of: 'show', about: 'so many of the newest lines (default: 50, with --json all)' },
      follow: { of: 'sink', about: 'go on with each new line until it is ended' },
    },
    examples: [
      'claude-keys audit show --key production --since 7d',
      'claude-keys audit verify',
      'claude-keys audit sink http://127.0.0.1:4318',
    ],
  },
  usage: {
    group: 'Watch',
    about: 'what the keys used and cost',
    options: {
      since: { value: 'TIME', about: 'from that day on: 7d, 4w, 2026-11-01 (default: seven days, today being one)' },
      by: { value: 'WHAT', about: 'one line for each (default: key)', choices: ['key', 'model', 'workspace', 'day'] },
      csv: { about: 'as CSV' },
      html: { value: 'PATH', about: 'write one page with charts to this file' },
      check: { about: 'exit 1 when a budget is or will be passed' },
      watch: { about: 'on a terminal: show it anew every 30 s' },
      ...ADMIN_KEY,
    },
    examples: [
      'claude-keys usage --since 30d --by model',
      'claude-keys usage --since 2026-11-01 --html usage.html',
      'claude-keys usage --check --quiet',
    ],
  },
  budget: {
    group: 'Watch',
    about: 'what keys may cost: told by usage --check',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['set', 'list', 'unset'] },
      { name: 'name', about: 'the name of a key; all: every key together', key: true },
      { name: 'amount', about: 'set: US dollars, by day or month: 5/day, 50/month' },
    ],
    examples: ['claude-keys budget set production 50/month', 'claude-keys budget set all 10/day'],
  },
} as const satisfies Record<string, CommandSpec>;
