import type { CommandSpec } from '../../cli/spec.ts';
import { ADMIN_KEY, REQUIRED_NAME, SECRET_SOURCE, YES } from './words.ts';

/** What goes through the Admin API. */
export const CONSOLE = {
  standby: {
    group: 'Console',
    about: 'keep fresh keys ready, switched off',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['add', 'list', 'remove'] },
      REQUIRED_NAME,
      { name: 'number', about: 'remove: the number of the standby' },
    ],
    options: {
      'from-env': SECRET_SOURCE['from-env'],
      'from-file': SECRET_SOURCE['from-file'],
      'allow-unknown-format': SECRET_SOURCE['allow-unknown-format'],
      expires: { value: 'DATE', about: 'when the Console says it expires: 2027-01-31, 30d' },
      timeout: { value: 'SECONDS', about: 'wait so long until it is dead (default: 60)' },
      ...ADMIN_KEY,
      ...YES,
    },
    examples: ['claude-keys standby add production', 'claude-keys rotate production --from-standby'],
  },
  console: {
    group: 'Console',
    about: "see and switch the organization's keys",
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['list', 'link', 'disable', 'enable', 'limits'] },
      { name: 'name-or-id', about: 'link: the name of a key; disable, enable: an id; limits: a workspace' },
      { name: 'id', about: 'link: the id of its row in the Console; limits: what it may cost, 500/month' },
    ],
    options: {
      ...ADMIN_KEY,
      status: {
        value: 'STATUS',
        of: 'list',
        about: 'keys of this status only',
        choices: ['active', 'inactive', 'archived', 'expired'],
      },
      forgotten: { of: 'list', about: 'active ones only that are old and held by nobody here' },
      'older-than': { value: 'DAYS', of: 'list', about: 'what is old (default: rotateAfterDays, else 90)' },
      ...YES,
    },
    examples: [
      'claude-keys console list --forgotten',
      'claude-keys console link production apikey_01Rj2N8SVvo6BePZj99NhmiT',
      'claude-keys console disable apikey_01Rj2N8SVvo6BePZj99NhmiT',
      'claude-keys console limits',
    ],
  },
} as const satisfies Record<string, CommandSpec>;
