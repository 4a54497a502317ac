import type { Context } from './context.ts';
import { UserError } from './errors.ts';
import { readIfThere, replaceFile } from './files/replace.ts';
import { isNumber, listOf, matching, oneOf, type Shape } from './files/shape.ts';
import { isPolicies } from './keys/policies.ts';

/** One setting of `config.json`. */
interface SettingSpec<T> {
  readonly is: Shape<T>;
  /** What it may be, in words. */
  readonly allowed: string;
  /** What it means that it is not set. */
  readonly unset: string;
  /** Reads it as it is written on the command line; what it gives need not be allowed. */
  parse(text: string): unknown;
}

const asItIs = (text: string): unknown => text;

const isDays: Shape<number> = (value, path): value is number =>
  isNumber(value, path) && Number.isInteger(value) && value >= 1 && value <= 3650;

/** The settings, each with what it may be and what it means when it is not set. */
export const SETTINGS = {
  /** Where new keys go. */
  store: {
    is: oneOf('keychain', 'file'),
    allowed: 'keychain or file',
    unset: 'the keychain if it answers, else the file',
    parse: asItIs,
  },
  /** The model that `verify` asks. */
  verifyModel: {
    is: matching(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/),
    allowed: 'the id of a model, like claude-haiku-5-5',
    unset: 'the cheapest current model',
    parse: asItIs,
  },
  /** When new keys are due for rotation, in days. */
  rotateAfterDays: {
    is: isDays,
    allowed: 'a whole number of days from 1 to 3650',
    unset: 'no reminder to rotate',
    parse: (text: string): unknown => (/^\d{1,6}$/.test(text) ? Number(text) : text),
  },
  /** Hosts other than the service's own that keys may be sent to, over https. */
  trustedHosts: {
    is: listOf(matching(/^[A-Za-z0-9.-]+(:[0-9]{1,5})?$/)),
    allowed: 'names of hosts, separated by commas: gateway.example.com,proxy.example.com:8443',
    unset: "the service's own host only",
    parse: (text: string): unknown => text.split(',').map((host) => host.trim()),
  },
  /** What `status --check` demands of the keys, by environment. */
  policies: {
    is: isPolicies,
    allowed:
      'JSON like {"production": {"maxAgeDays": 90, "requireExpiry": true, "minStandby": 1, "stores": ["keychain"], "verifyEveryDays": 7}, "*": {}}',
    unset: 'nothing is demanded of the keys',
    parse: (text: string): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    },
  },
  /** What happens when a line of the audit log cannot be written. */
  auditFailure: {
    is: oneOf('warn', 'refuse', 'ignore'),
    allowed: 'warn, refuse or ignore',
    unset: 'what cannot be written to the audit log is warned of, and done',
    parse: asItIs,
  },
} as const satisfies Record<string, SettingSpec<unknown>>;

export type Setting = keyof typeof SETTINGS;
type ValueOf<S> = S extends SettingSpec<infer T> ? T : never;
export type Config = { [S in Setting]?: ValueOf<(typeof SETTINGS)[S]> };

export const SETTING_NAMES = Object.keys(SETTINGS) as Setting[];

/**
 * The settings; empty when there is no file. The file is the user's: a field that is not known is refused, so that a
 * mistyped one does not silently do nothing.
 * @throws {UserError} `bad_config` when the file cannot be read, is not JSON or holds what is not a setting.
 */
export function readConfig(ctx: Context): Config {
  const file = ctx.paths.configFile;
  let content: unknown;
  try {
    const raw = readIfThere(file);
    if (raw === null) return {};
    content = JSON.parse(raw.toString('utf8'));
  } catch (cause) {
    throw badConfig(file, cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read', cause);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw badConfig(file, 'it is no object of settings');
  }
  for (const [name, value] of Object.entries(content)) {
    if (!isSetting(name)) throw badConfig(file, `${JSON.stringify(name.slice(0, 80))} is not a setting`);
    if (!SETTINGS[name].is(value, [])) throw badConfig(file, `${name} is not ${SETTINGS[name].allowed}`);
  }
  return content as Config;
}

/** Writes the settings; the caller holds the lock of the file. */
export function writeConfig(ctx: Context, config: Config): void {
  replaceFile(ctx.paths.configFile, `${JSON.stringify(config, null, 2)}\n`);
}

export function isSetting(name: string): name is Setting {
  return Object.hasOwn(SETTINGS, name);
}

function badConfig(file: string, why: string, cause?: unknown): UserError {
  return new UserError('bad_config', `${file} is not right: ${why}`, {
    hint: `correct or remove it; the settings are: ${SETTING_NAMES.join(', ')}`,
    cause,
  });
}
