import * as v from 'valibot';
import type { Context } from './context.ts';
import { UserError } from './errors.ts';
import { readIfThere, replaceFile } from './files/replace.ts';

/**
 * The settings of `config.json`, each with what it means when it is not set. The file is the user's: fields that are
 * not known are refused, so that a mistyped one does not silently do nothing.
 */
export const SETTINGS = {
  /** Where new keys go; unset: the keychain if it answers, else the file. */
  store: v.picklist(['keychain', 'file']),
  /** The model that `verify` asks; unset: the cheapest current one. */
  verifyModel: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/)),
  /** When new keys are due for rotation, in days. */
  rotateAfterDays: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3650)),
  /** Hosts other than the service's own that keys may be sent to, over https: `gateway.example.com`, with `:port`. */
  trustedHosts: v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9.-]+(:[0-9]{1,5})?$/))),
} as const;

const ConfigFile = v.strictObject({
  store: v.optional(SETTINGS.store),
  verifyModel: v.optional(SETTINGS.verifyModel),
  rotateAfterDays: v.optional(SETTINGS.rotateAfterDays),
  trustedHosts: v.optional(SETTINGS.trustedHosts),
});

export type Config = v.InferOutput<typeof ConfigFile>;
export type Setting = keyof typeof SETTINGS;

/**
 * The settings; empty when there is no file.
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
  const parsed = v.safeParse(ConfigFile, content);
  if (parsed.success) return parsed.output;
  throw badConfig(file, `${v.getDotPath(parsed.issues[0]) ?? 'the whole'} is not a setting, or its value is not one`);
}

/** Writes the settings; the caller holds the lock of the file. */
export function writeConfig(ctx: Context, config: Config): void {
  replaceFile(ctx.paths.configFile, `${JSON.stringify(config, null, 2)}\n`);
}

function badConfig(file: string, why: string, cause?: unknown): UserError {
  return new UserError('bad_config', `${file} is not right: ${why}`, {
    hint: `correct or remove it; the settings are: ${Object.keys(SETTINGS).join(', ')}`,
    cause,
  });
}
