import type { CommandSpec } from '../../cli/spec.ts';
import { YES } from './words.ts';

/** Finding leaked keys. */
export const LEAKS = {
  scan: {
    group: 'Leaks',
    about: 'find leaked keys in files, git history, streams',
    args: [{ name: 'paths', about: 'files and folders (default: the current folder)', many: true }],
    options: {
      staged: { about: 'what is staged in git, for a pre-commit hook' },
      history: { about: 'every object of the git repository too, reachable or not' },
      since: { value: 'REV', about: 'only what came since this revision, for a pull request' },
      push: { about: 'what a push would send; reads the lines that git gives a pre-push hook' },
      home: { about: 'histories, profiles and the files of known tools in the home folder' },
      clipboard: { about: 'the clipboard too' },
      stdin: { about: 'standard input' },
      all: { about: 'node_modules and the like too' },
      verify: { about: 'ask the service whether what is found works (costs nothing)' },
      'min-confidence': { value: 'LEVEL', about: 'leave out what is less sure', choices: ['low', 'medium', 'high'] },
      baseline: { value: 'FILE', about: 'leave out what an earlier scan --json has, by fingerprint and file' },
      sarif: { about: 'SARIF 2.1.0 on standard output' },
      junit: { about: 'JUnit XML on standard output' },
      github: { about: 'annotations of GitHub Actions on standard output' },
      interactive: { about: 'go through what is found, and end each leak' },
      watch: { about: 'stay, and look at files as they change' },
    },
    hot: true,
    examples: [
      'claude-keys scan',
      'claude-keys scan --history --verify',
      'claude-keys scan --since origin/main --github',
      'kubectl logs app | claude-keys scan --stdin',
    ],
  },
  hook: {
    group: 'Leaks',
    about: 'keep keys out of commits: git hooks that run scan',
    args: [{ name: 'action', about: 'what to do', required: true, choices: ['install', 'uninstall', 'status'] }],
    options: YES,
    examples: ['claude-keys hook install', 'claude-keys hook status'],
  },
} as const satisfies Record<string, CommandSpec>;
