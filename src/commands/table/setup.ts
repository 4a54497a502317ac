import type { CommandSpec } from '../../cli/spec.ts';
import { ADMIN_KEY, COMPLETION_SHELLS, INTEGRATED_SHELLS, NAME, YES } from './words.ts';

/** The machine, the shells, other programs. */
export const SETUP = {
  shell: {
    group: 'Setup',
    about: 'put keys within reach of your shell',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['install', 'uninstall', 'init'] },
      { name: 'shell', about: 'the shell (default: the one that called)', choices: INTEGRATED_SHELLS },
    ],
    options: {
      key: { value: 'NAME', about: 'the key that is meant where none is named' },
      wrap: {
        value: 'COMMAND',
        about: 'run this command with the key, the shell without; may be repeated',
        many: true,
      },
      auto: { about: 'follow the .claude-keys files of the folders you allowed' },
      eager: { about: 'set the variable in every shell, when it starts' },
      remind: { about: 'show what is due once a day, when a shell starts' },
      'dry-run': { about: 'show what would change; change nothing' },
    },
    examples: [
      'claude-keys shell install zsh --wrap claude --wrap aider',
      'claude-keys shell install bash --auto --dry-run',
      'eval "$(claude-keys shell init bash)"',
    ],
  },
  allow: {
    group: 'Setup',
    about: "let the shell (--auto) follow a folder's .claude-keys",
    args: [{ name: 'folder', about: 'the folder (default: the nearest upward that has one)' }],
  },
  deny: {
    group: 'Setup',
    about: 'no longer follow it',
    args: [{ name: 'folder', about: 'the folder (default: the nearest upward that is allowed)' }],
  },
  'claude-code': {
    group: 'Setup',
    about: 'let Claude Code fetch its key here',
    args: [{ name: 'action', about: 'what to do', required: true, choices: ['install', 'uninstall', 'status'] }, NAME],
    options: { project: { about: "in this folder's .claude/settings.json, not the user's" }, ...YES },
    examples: ['claude-keys claude-code install production', 'claude-keys claude-code status'],
  },
  schedule: {
    group: 'Setup',
    about: 'let the system do what is due, by itself',
    args: [{ name: 'action', about: 'what to do', required: true, choices: ['install', 'uninstall', 'status'] }],
    options: {
      every: { value: 'WHEN', about: 'how often (default: daily)', choices: ['hourly', 'daily', 'weekly'] },
      at: { value: 'TIME', about: "at what time, in the machine's own (default: 03:37)" },
      with: {
        value: 'WHAT',
        about: 'what runs it (default: the first that is there)',
        choices: ['systemd', 'launchd', 'task', 'crontab'],
      },
      ...ADMIN_KEY,
      'dry-run': { about: 'show what would be written and run; change nothing' },
    },
    examples: ['claude-keys schedule install --every hourly', 'claude-keys schedule install --dry-run'],
  },
  config: {
    group: 'Setup',
    about: 'read and change the defaults',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['list', 'get', 'set', 'unset'] },
      { name: 'setting', about: 'the setting; `list` shows all there are' },
      { name: 'value', about: 'its value' },
    ],
  },
  doctor: {
    group: 'Setup',
    about: 'check this machine',
  },
  completion: {
    group: 'Setup',
    about: "print a shell's completion script",
    // No `choices`: the scripts themselves ask for a further one, which is nothing for the help.
    args: [{ name: 'shell', about: COMPLETION_SHELLS.join(', '), required: true }],
    examples: ['source <(claude-keys completion bash)', 'claude-keys completion fish | source'],
  },
} as const satisfies Record<string, CommandSpec>;
