import type { CommandSpec, Input } from '../cli/spec.ts';

const NAME = { name: 'name', about: 'the name of a key', key: true } as const;
const NAMES = { ...NAME, about: 'names of keys', many: true } as const;
const REQUIRED_NAME = { ...NAME, required: true } as const;

/** Where a new secret comes from, and how it is looked at: the same for `add` and `rotate`. */
const SECRET_SOURCE = {
  'from-env': { value: 'VAR', about: 'take the secret from this environment variable' },
  'from-file': { value: 'PATH', about: 'take the secret from this file' },
  'no-verify': { about: 'do not test the secret' },
  'allow-unknown-format': { about: 'accept a secret of a form that is not known' },
} as const;

/** Where grants and limits are, when not in files of this machine. */
const REDIS = {
  redis: { value: 'URL', about: 'grants and limits shared through Redis or Valkey (or CLAUDE_KEYS_REDIS)' },
} as const;

const FROM = {
  from: { value: 'ADDRESS', about: 'take the key from a secrets manager; nothing need be stored here' },
} as const;

const ADDRESS = { name: 'address', about: 'the address of the target', required: true } as const;

const YES = { yes: { about: 'do not ask' } } as const;
const ADMIN_KEY = { 'admin-key': { value: 'NAME', about: 'the admin key to use (default: the only one)' } } as const;
const FORCE = { force: { about: 'even to a terminal' } } as const;

export const SHELL_NAMES = ['bash', 'zsh', 'sh', 'fish', 'powershell', 'nushell', 'csh', 'elvish', 'xonsh'] as const;
export const EXPORT_FORMATS = ['dotenv', 'json', 'github-actions'] as const;
export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export const INTEGRATED_SHELLS = [...COMPLETION_SHELLS, 'nushell'] as const;

export const COMMANDS = {
  add: {
    group: 'Keys',
    about: 'store a key, after testing it',
    args: [{ name: 'name', about: 'the name for the key; asked for when it is missing' }],
    options: {
      env: { value: 'LABEL', about: 'environment: development, staging, production, …' },
      store: {
        value: 'STORE',
        about: 'where the secret is kept: keychain, file, or an address in a secrets manager',
        choices: ['keychain', 'file'],
        open: true,
      },
      adopt: { about: 'take the secret that is already at that address' },
      note: { value: 'TEXT', about: 'a note for yourself; not secret' },
      expires: { value: 'DATE', about: 'when the Console says it expires: 2027-01-31, 30d' },
      'rotate-after': { value: 'DAYS', about: 'remind to rotate after so many days' },
      default: { about: 'make it the default key' },
      replace: { about: 'replace the secret of a key that is there' },
      ...SECRET_SOURCE,
    },
    examples: [
      'claude-keys add production --env production',
      'claude-keys add ci --from-env ANTHROPIC_API_KEY',
      'pbpaste | claude-keys add laptop',
    ],
  },
  status: {
    group: 'Keys',
    about: 'show what is stored, its age and health',
    aliases: ['list', 'ls'],
    args: [NAMES],
    options: {
      check: { about: 'exit 1 when a policy or a date of its own is not kept (for CI)' },
      targets: { about: 'ask every target what it holds; exit 1 when one differs' },
    },
  },
  verify: {
    group: 'Keys',
    about: 'test keys with a real call',
    args: [NAMES],
    options: {
      all: { about: 'every key' },
      env: { value: 'LABEL', about: 'every key of this environment' },
      model: { value: 'ID', about: 'the model to ask (default: the cheapest)' },
      free: { about: 'list models instead: costs nothing, does not show missing credit' },
      timeout: { value: 'SECONDS', about: 'give up on an answer after so long (default: 10)' },
      'from-env': { value: 'VAR', about: 'test the key in this environment variable' },
      from: { value: 'ADDRESS', about: 'test the key at this address of a secrets manager' },
      strict: { about: 'exit 1 for everything but valid' },
    },
    examples: [
      'claude-keys verify',
      'claude-keys verify --all --json',
      'claude-keys verify --from-env ANTHROPIC_API_KEY',
    ],
  },
  rotate: {
    group: 'Keys',
    about: 'replace a secret without an outage',
    args: [NAME],
    options: {
      ...SECRET_SOURCE,
      'allow-other-org': { about: 'accept a secret of another organization' },
      expires: { value: 'DATE', about: 'when the new one expires, as the Console says: 2027-01-31, 30d' },
      'from-standby': { about: 'take the next secret from those on standby' },
      retire: {
        value: 'WHEN',
        about: 'end the old secret: now, later (default), never, or after a grace like 24h',
      },
      archive: { about: 'archive the old one in the Console once it is proven dead' },
      ...ADMIN_KEY,
      timeout: { value: 'SECONDS', about: 'wait so long until a switched key works or is dead (default: 60)' },
      resume: { about: 'go on with a rotation that was interrupted' },
      abort: { about: 'undo a rotation that was interrupted' },
      rollback: { about: 'go back to the previous secret' },
      due: { about: 'do all that is due and needs no person, for every key or one' },
      'dry-run': { about: 'with --due: say what would be done; change nothing' },
      jobs: { value: 'N', about: 'with --due: so many keys at once (default: 8)' },
      ...YES,
    },
    examples: [
      'claude-keys rotate production',
      'claude-keys rotate production --from-file new-key.txt --retire now',
      'claude-keys rotate production --from-standby --retire 24h',
      'claude-keys rotate production --rollback',
      'claude-keys rotate --due --yes',
    ],
  },
  retire: {
    group: 'Keys',
    about: 'end the previous secret of a rotated key',
    args: [REQUIRED_NAME],
    options: {
      timeout: { value: 'SECONDS', about: 'wait so long until it is dead (default: 60)' },
      archive: { about: 'archive it in the Console once it is proven dead' },
      ...ADMIN_KEY,
      forget: { about: 'drop it without checking that it is dead' },
      ...YES,
    },
  },
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
        about: 'list: keys of this status only',
        choices: ['active', 'inactive', 'archived', 'expired'],
      },
      forgotten: { about: 'list: active ones only that are old and held by nobody here' },
      'older-than': { value: 'DAYS', about: 'list: what is old (default: rotateAfterDays, else 90)' },
      ...YES,
    },
    examples: [
      'claude-keys console list --forgotten',
      'claude-keys console link production apikey_01Rj2N8SVvo6BePZj99NhmiT',
      'claude-keys console disable apikey_01Rj2N8SVvo6BePZj99NhmiT',
      'claude-keys console limits',
    ],
  },
  history: {
    group: 'Keys',
    about: 'show when a key was rotated, and why',
    args: [REQUIRED_NAME],
  },
  remind: {
    group: 'Keys',
    about: 'show what is due in the next days',
    options: {
      days: { value: 'DAYS', about: 'how far to look ahead (default: 14)' },
      ical: { about: 'as an iCalendar file' },
      line: { about: 'in one line; nothing when nothing is due' },
      cache: { about: 'write that line where a shell shows it without running a program' },
    },
    examples: ['claude-keys remind --days 30', 'claude-keys remind --days 365 --ical > keys.ics'],
  },
  edit: {
    group: 'Keys',
    about: 'change what is noted of a key',
    args: [REQUIRED_NAME],
    options: {
      env: { value: 'LABEL', about: 'environment; empty to clear' },
      note: { value: 'TEXT', about: 'note; empty to clear' },
      expires: { value: 'DATE', about: 'expiry; empty to clear' },
      'rotate-after': { value: 'DAYS', about: 'days until the next rotation; empty to clear' },
    },
  },
  rename: {
    group: 'Keys',
    about: 'give a key another name',
    args: [
      { ...REQUIRED_NAME, name: 'old' },
      { name: 'new', about: 'its new name', required: true },
    ],
  },
  remove: {
    group: 'Keys',
    about: 'delete a key from its store',
    aliases: ['rm'],
    args: [REQUIRED_NAME],
    options: YES,
  },
  import: {
    group: 'Keys',
    about: 'take in keys that lie in plain text',
    args: [{ name: 'paths', about: 'files, folders with .env files, or - for JSON on stdin', many: true }],
    options: {
      remove: { about: 'then rewrite the files without them' },
      'dry-run': { about: 'say what would be done; change nothing' },
      name: { value: 'NAME', about: 'the name, when one key is found' },
      env: { value: 'LABEL', about: 'environment: development, staging, production, …' },
      store: { value: 'STORE', about: 'where the secrets are kept', choices: ['keychain', 'file'] },
      'no-verify': { about: 'do not test the secrets' },
      'from-json': { about: 'JSON on standard input, as a password manager gives it' },
      yes: { about: 'do not ask: take the suggested names' },
    },
    examples: [
      'claude-keys import --dry-run',
      'claude-keys import ~/.zshrc .env --remove',
      'op item get Claude --format json | claude-keys import - --yes',
    ],
  },
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
  scan: {
    group: 'Keys',
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
  audit: {
    group: 'Watch',
    about: 'who took which key, and what was changed',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['show', 'verify', 'sink'] },
      { name: 'address', about: 'sink: syslog:, syslog://HOST:PORT, or the address of an OpenTelemetry collector' },
    ],
    options: {
      key: { value: 'NAME', about: 'show: lines of this key only' },
      since: { value: 'TIME', about: 'lines from then on: 24h, 7d, 2026-11-01' },
      last: { value: 'COUNT', about: 'show: so many of the newest lines (default: 50, with --json all)' },
      follow: { about: 'sink: go on with each new line until it is ended' },
    },
    examples: [
      'claude-keys audit show --key production --since 7d',
      'claude-keys audit verify',
      'claude-keys audit sink http://127.0.0.1:4318',
    ],
  },
  grant: {
    group: 'Access',
    about: 'give out less than a key: tokens with limits',
    args: [
      { name: 'action', about: 'what to do', required: true, choices: ['create', 'list', 'show', 'revoke'] },
      { name: 'label', about: 'for show and revoke: the label or id of a grant' },
    ],
    options: {
      key: { value: 'NAME', about: 'create: the key behind it (default: the one that is meant here)' },
      label: { value: 'LABEL', about: 'create: what it is called' },
      models: { value: 'LIST', about: "create: only these models, by commas: 'claude-haiku-*'" },
      'max-tokens': { value: 'N', about: 'create: the most output tokens of one request' },
      rpm: { value: 'N', about: 'create: requests a minute' },
      'tokens-per-day': { value: 'N', about: 'create: tokens a day (UTC), every kind counted' },
      budget: { value: 'AMOUNT', about: 'create: US dollars, by list prices: 5/day, 50/month' },
      expires: { value: 'DATE', about: 'create: when it ends: 8h, 30d, 2027-01-31' },
      endpoints: {
        value: 'LIST',
        about: 'create: of messages, count_tokens, models, batches, files (default: the first three)',
      },
      cidr: { value: 'LIST', about: 'create: only from these networks: 10.0.0.0/8,fd00::/8' },
      all: { about: 'list: the revoked ones too' },
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
      listen: { value: 'ADDRESS', about: 'where to listen (default: 127.0.0.1:8317)' },
      unix: { value: 'PATH', about: 'listen at a Unix socket instead' },
      'tls-cert': { value: 'FILE', about: 'PEM certificate, without which only this machine is listened to' },
      'tls-key': { value: 'FILE', about: 'PEM key of the certificate' },
      host: { value: 'NAME', about: 'another name that it may be called by', many: true },
      metrics: { about: 'serve counts for Prometheus at /metrics' },
      ...REDIS,
      since: { value: 'TIME', about: 'logs: from then on: 24h, 7d, 2026-11-01 (default: 24h)' },
      grant: { value: 'LABEL', about: 'logs: of this grant only' },
      follow: { about: 'logs: go on with what comes' },
    },
    examples: [
      'claude-keys gateway',
      'claude-keys gateway --unix ~/.cache/claude.sock --metrics',
      'claude-keys gateway logs --since 7d --grant ci',
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
  hook: {
    group: 'Setup',
    about: 'keep keys out of commits: git hooks that run scan',
    args: [{ name: 'action', about: 'what to do', required: true, choices: ['install', 'uninstall', 'status'] }],
    options: YES,
    examples: ['claude-keys hook install', 'claude-keys hook status'],
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

export type CommandName = keyof typeof COMMANDS;
export type InputOf<N extends CommandName> = Input<(typeof COMMANDS)[N]>;
