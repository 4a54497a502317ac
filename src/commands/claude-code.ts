import { audit } from '../audit/index.ts';
import { helperCommand, isOurs, keyOf } from '../claude-code/helper.ts';
import { allSettings, candidates, unreadSettings, winner } from '../claude-code/precedence.ts';
import { readSettings, type Scope, type Settings, settingsPath, withHelper } from '../claude-code/settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { isReadOnly, rewriteUserFile } from '../files/user-file.ts';
import { readRegistry } from '../keys/registry.ts';
import { resolveKey } from '../keys/resolve.ts';
import { confirmed } from '../terminal/ask.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'claude-code'>['options'];

export async function run(ctx: Context, { args, options }: InputOf<'claude-code'>): Promise<ExitCode> {
  const [action, name] = args;
  if (action === 'install') return install(ctx, name, options);
  if (name !== undefined)
    throw new UserError('usage', `${action} takes no name`, { hint: 'claude-keys claude-code --help' });
  return action === 'uninstall' ? uninstall(ctx, options) : status(ctx);
}

async function install(ctx: Context, given: string | undefined, options: Options): Promise<ExitCode> {
  const { entry } = resolveKey(ctx, given);
  if (entry.kind === 'admin') {
    throw new UserError('usage', `${entry.name} is an admin key, which Claude Code cannot use`, {
      hint: 'name a key of the kind api',
    });
  }
  const settings = readSettings(ctx, scopeOf(options));
  const helper = helperCommand(ctx, entry.name);
  const { path } = settings.file;
  if (settings.helper !== null && settings.helper !== helper && !isOurs(settings.helper)) {
    await confirmed(ctx, options.yes, `${path} has an apiKeyHelper that is not ours. Replace it?`);
  }
  const changed = settings.helper !== helper;
  if (changed) {
    refuseReadOnly(settings);
    await audit(ctx, { key: entry.name, detail: `install, ${settings.scope}` });
    rewriteUserFile(settings.file, withHelper(settings, helper));
  }
  if (ctx.ui.json)
    ctx.ui.document({ key: entry.name, scope: settings.scope, file: path, apiKeyHelper: helper, changed });
  const nearer = allSettings(ctx).find((each) => each.helper !== null);
  if (nearer === undefined || nearer.helper === helper)
    ctx.ui.done(`Claude Code now takes ${entry.name} from claude-keys (${path}).`);
  else warnOfNearer(ctx, path, nearer);
  warnOfShadows(ctx);
  return EXIT.ok;
}

async function uninstall(ctx: Context, options: Options): Promise<ExitCode> {
  const settings = readSettings(ctx, scopeOf(options));
  const { path } = settings.file;
  const ours = settings.helper !== null && isOurs(settings.helper);
  if (ours) {
    refuseReadOnly(settings);
    await audit(ctx, { key: keyOf(settings.helper ?? ''), detail: `uninstall, ${settings.scope}` });
    rewriteUserFile(settings.file, withHelper(settings, null));
  }
  if (ctx.ui.json) ctx.ui.document({ scope: settings.scope, file: path, changed: ours });
  ctx.ui.done(
    ours
      ? `Claude Code no longer asks claude-keys (${path}).`
      : `${path} has no apiKeyHelper of ours; nothing was changed.`,
  );
  return EXIT.ok;
}

/** @throws {UserError} `write_failed` */
function refuseReadOnly({ file }: Settings): void {
  if (!isReadOnly(file)) return;
  throw new UserError('write_failed', `${file.path} is read-only; it was left alone`, {
    hint: 'make it writable, or change it where it comes from; then run the same command again',
  });
}

/** Which settings name us, and which credential Claude Code would use when started from here. */
async function status(ctx: Context): Promise<ExitCode> {
  const found = allSettings(ctx);
  const { used } = winner(ctx);
  const order = candidates(ctx);
  if (ctx.ui.json)
    ctx.ui.document({
      settings: found.map((settings) => view(ctx, settings)),
      candidates: order,
      used: used?.source ?? null,
    });
  else ctx.ui.data(table(ctx, order, used?.source));
  for (const why of unreadSettings(ctx)) ctx.ui.warn(`${why}; what it says was not counted`);
  warnOfMissingKeys(ctx, found);
  warnOfShadows(ctx);
  return EXIT.ok;
}

function view(ctx: Context, { scope, helper }: Settings) {
  return { scope, file: settingsPath(ctx, scope), apiKeyHelper: helper, key: helper === null ? null : keyOf(helper) };
}

function table(ctx: Context, order: ReturnType<typeof candidates>, used: string | undefined): string {
  const width = Math.max(...order.map(({ source }) => source.length));
  const line = ({ source, present, meaning }: (typeof order)[number]) => {
    const state = source === used ? `used: ${meaning}` : present ? `set, but what stands above it is used` : 'not set';
    return `  ${source.padEnd(width)}  ${state}`;
  };
  const login =
    used === undefined
      ? 'used: the account that is logged in'
      : 'the account that is logged in, if nothing above is set';
  return `Where Claude Code looks for a credential from ${ctx.cwd}, in its order:\n\n${order.map(line).join('\n')}\n  ${'login'.padEnd(width)}  ${login}\n`;
}

function warnOfMissingKeys(ctx: Context, found: readonly Settings[]): void {
  const { keys } = readRegistry(ctx);
  for (const { scope, helper } of found) {
    const name = helper === null ? null : keyOf(helper);
    if (name === null || keys.has(name)) continue;
    ctx.ui.warn(
      `${settingsPath(ctx, scope)} asks for ${name}, and there is no such key`,
      `claude-keys claude-code install NAME`,
    );
  }
}

/** Claude Code looks at the folder's files before the user's. */
function warnOfNearer(ctx: Context, path: string, { file, helper }: Settings): void {
  const key = keyOf(helper ?? '');
  const which = key === null ? 'which is not ours' : `which gives the key ${key}`;
  ctx.ui.warn(
    `${path} is set, but another wins over it in this folder: ${file.path} has an apiKeyHelper, ${which}`,
    'take it out there; claude-keys claude-code status shows what is used',
  );
}

/** An exported key wins over the helper and over a subscription, which surprises people. */
function warnOfShadows(ctx: Context): void {
  const { used, shadowed } = winner(ctx);
  if (used === null || !shadowed.some(({ source }) => source.startsWith('apiKeyHelper'))) return;
  ctx.ui.warn(
    `${used.source} is set and wins over the apiKeyHelper: ${used.meaning}`,
    `unset it where Claude Code is started: unset ${used.source}`,
  );
}

function scopeOf({ project }: Options): Scope {
  return project ? 'project' : 'user';
}
