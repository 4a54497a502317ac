import type { CommandSpec } from '../../cli/spec.ts';
import { EXPORT_FORMATS, FORCE, FROM, NAME, REDIS, REQUIRED_NAME, SHELL_NAMES } from './words.ts';

/** What hands a key over: the commands that must start fast are here, and in `leaks.ts`. */
export const USE = {
  exec: {
    group: 'Use',
    about: 'run a command with the key',
    args: [NAME, { name: 'command', about: 'the command and its arguments, behind --', many: true }],
    options: {
      var: { value: 'NAME', about: 'the variable (default: by the kind of key)' },
      set: { value: 'VAR=NAME', about: 'this variable from this key; may be repeated', many: true },
      shield: { about: 'give it a token that ends with it instead, and a private gateway' },
      grant: { value: 'LABEL', about: 'the same, with the limits of this grant' },
      ...REDIS,
      ...FROM,
    },
    child: true,
    hot: true,
    examples: [
      'claude-keys exec production -- python app.py',
      'claude-keys exec -- npm start',
      'claude-keys exec --set OLD_KEY=staging --set NEW_KEY=production -- ./compare',
      'claude-keys exec production --shield -- claude',
    ],
  },
  export: {
    group: 'Use',
    about: 'print shell code that sets the variable',
    args: [NAME],
    options: {
      shell: { value: 'SHELL', about: 'the shell (default: the one that called)', choices: SHELL_NAMES },
      format: { value: 'FORMAT', about: 'another form instead', choices: EXPORT_FORMATS },
      var: { value: 'NAME', about: 'the variable (default: by the kind of key)' },
      unset: { about: 'code that unsets the variable instead' },
      ...FROM,
      ...FORCE,
    },
    hot: true,
    examples: ['eval "$(claude-keys export production)"', 'claude-keys export production --format dotenv > .env'],
  },
  print: {
    group: 'Use',
    about: 'print the secret (pipes, apiKeyHelper)',
    args: [NAME],
    options: { ...FROM, ...FORCE },
    hot: true,
  },
  copy: {
    group: 'Use',
    about: 'put the secret on the clipboard, for 45 s',
    args: [NAME],
    options: { 'clear-after': { value: 'SECONDS', about: 'clear the clipboard after so long (default: 45)' } },
  },
  use: {
    group: 'Use',
    about: "choose the default key, or this folder's",
    args: [REQUIRED_NAME],
    options: { here: { about: 'for this folder and those below: writes .claude-keys' } },
  },
} as const satisfies Record<string, CommandSpec>;
