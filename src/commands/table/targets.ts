import type { CommandSpec } from '../../cli/spec.ts';
import { ADDRESS, REQUIRED_NAME, SECRET_SOURCE, YES } from './words.ts';

/** Where else a key is published. */
export const TARGETS = {
  link: {
    group: 'Targets',
    about: 'publish a key to another place, too',
    args: [REQUIRED_NAME, ADDRESS],
    options: { 'no-push': { about: 'do not bring the key there yet' } },
    examples: [
      'claude-keys link production aws-sm://eu-west-1/prod/claude',
      'claude-keys link production gh-secret://acme/app/ANTHROPIC_API_KEY',
      'claude-keys link production k8s://apps/claude#api-key',
    ],
  },
  unlink: {
    group: 'Targets',
    about: 'publish it there no more',
    args: [REQUIRED_NAME, ADDRESS],
  },
  push: {
    group: 'Targets',
    about: 'bring the key to its targets',
    args: [REQUIRED_NAME, { name: 'addresses', about: 'these targets only', many: true }],
    options: YES,
  },
  pull: {
    group: 'Targets',
    about: 'take over what was changed elsewhere',
    args: [REQUIRED_NAME, { name: 'address', about: 'the target; not needed for a key whose home is a manager' }],
    options: {
      'no-verify': SECRET_SOURCE['no-verify'],
      'allow-other-org': { about: 'accept a secret of another organization' },
    },
  },
} as const satisfies Record<string, CommandSpec>;
