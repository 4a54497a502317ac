import { audit } from '../audit/index.ts';
import { type Config, isSetting, readConfig, SETTING_NAMES, SETTINGS, type Setting, writeConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { holdsSecret, secretAsArgument } from '../keys/name.ts';
import { paintFor } from '../terminal/paint.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args }: InputOf<'config'>): Promise<ExitCode> {
  const [action, name, value] = args;
  if (action === 'list') {
    refuseMore('list', name);
    await list(ctx);
    return EXIT.ok;
  }
  const setting = checkSetting(action ?? '', name);
  if (action === 'set') await set(ctx, setting, value);
  else {
    refuseMore(`${action} ${setting}`, value);
    if (action === 'get') get(ctx, setting);
    else await change(ctx, setting, undefined);
  }
  return EXIT.ok;
}

async function list(ctx: Context): Promise<void> {
  const config = readConfig(ctx);
  if (ctx.ui.json) return ctx.ui.document({ config });
  const paint = await paintFor(ctx.ui.colorOut);
  const width = Math.max(...SETTING_NAMES.map((name) => name.length));
  const lines = SETTING_NAMES.map((name) => {
    const value = config[name];
    const text = value === undefined ? paint('faint', `not set: ${SETTINGS[name].unset}`) : shown(value);
    return `${name.padEnd(width)}  ${text}\n`;
  });
  ctx.ui.data(lines.join(''));
}

/** A setting that is not set has no value to print: standard output stays empty, so that a script can tell. */
function get(ctx: Context, setting: Setting): void {
  const value = readConfig(ctx)[setting];
  if (ctx.ui.json) ctx.ui.document({ setting, value: value ?? null });
  else if (value !== undefined) ctx.ui.data(`${shown(value)}\n`);
  else ctx.ui.note(`${setting} is not set: ${SETTINGS[setting].unset}`);
}

async function set(ctx: Context, setting: Setting, text: string | undefined): Promise<void> {
  const { is, allowed, parse } = SETTINGS[setting];
  if (text === undefined) {
    throw new UserError('usage', `config set ${setting} needs a value`, { hint: `it may be: ${allowed}` });
  }
  if (holdsSecret(text)) throw secretAsArgument();
  const value = parse(text);
  if (!is(value, [])) {
    const unset = text === '' ? `; to clear it: claude-keys config unset ${setting}` : '';
    throw new UserError('usage', `${JSON.stringify(text.slice(0, 80))} is no value for ${setting}`, {
      hint: `it may be: ${allowed}${unset}`,
    });
  }
  await change(ctx, setting, value);
}

/** Sets or, with undefined, unsets. A file that is not right is left as it is: it may hold what its owner wants back. */
async function change(ctx: Context, setting: Setting, value: Config[Setting]): Promise<void> {
  await withLock(ctx.paths.configFile, async () => {
    const { [setting]: before, ...others } = readConfig(ctx);
    if (value === undefined && before === undefined) return;
    await audit(ctx, {
      detail: value === undefined ? `unset ${setting}` : `set ${setting} ${shown(value)}`.slice(0, 200),
    });
    writeConfig(ctx, value === undefined ? others : { ...others, [setting]: value });
  });
  if (ctx.ui.json) ctx.ui.document({ setting, value: value ?? null });
  else if (value === undefined) ctx.ui.done(`${setting} is not set: ${SETTINGS[setting].unset}`);
  else ctx.ui.done(`${setting} is ${shown(value)}`);
}

function checkSetting(action: string, name: string | undefined): Setting {
  if (name !== undefined && isSetting(name)) return name;
  const message =
    name === undefined ? `config ${action} needs a setting` : `${JSON.stringify(name.slice(0, 80))} is not a setting`;
  throw new UserError('usage', message, { hint: `the settings are: ${SETTING_NAMES.join(', ')}` });
}

function refuseMore(what: string, more: string | undefined): void {
  if (more === undefined) return;
  throw new UserError('usage', `config ${what} takes nothing more`, { hint: 'see: claude-keys config --help' });
}

/** As `config set` takes it. */
function shown(value: NonNullable<Config[Setting]>): string {
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
