/** The words that several commands share. */
export const NAME = { name: 'name', about: 'the name of a key', key: true } as const;
export const NAMES = { ...NAME, about: 'names of keys', many: true } as const;
export const REQUIRED_NAME = { ...NAME, required: true } as const;

/** Where a new secret comes from, and how it is looked at: the same for `add` and `rotate`. */
export const SECRET_SOURCE = {
  'from-env': { value: 'VAR', about: 'take the secret from this environment variable' },
  'from-file': { value: 'PATH', about: 'take the secret from this file' },
  'no-verify': { about: 'do not test the secret' },
  'allow-unknown-format': { about: 'accept a secret of a form that is not known' },
} as const;

/** Where grants and limits are, when not in files of this machine. */
export const REDIS = {
  redis: { value: 'URL', about: 'grants and limits shared through Redis or Valkey (or CLAUDE_KEYS_REDIS)' },
} as const;

export const FROM = {
  from: { value: 'ADDRESS', about: 'take the key from a secrets manager; nothing need be stored here' },
} as const;

export const ADDRESS = { name: 'address', about: 'the address of the target', required: true } as const;

export const YES = { yes: { about: 'do not ask' } } as const;
export const ADMIN_KEY = {
  'admin-key': { value: 'NAME', about: 'the admin key to use (default: the only one)' },
} as const;
export const FORCE = { force: { about: 'even to a terminal' } } as const;

export const SHELL_NAMES = ['bash', 'zsh', 'sh', 'fish', 'powershell', 'nushell', 'csh', 'elvish', 'xonsh'] as const;
export const EXPORT_FORMATS = ['dotenv', 'json', 'github-actions'] as const;
export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export const INTEGRATED_SHELLS = [...COMPLETION_SHELLS, 'nushell'] as const;
