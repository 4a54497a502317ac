import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { applyAll, type Change, changes } from '../integration/changes.ts';
import { CODE, type IntegratedShell } from '../integration/code/index.ts';
import { installing, madeBy, uninstalling } from '../integration/install.ts';
import { checkWishes, commandLine, integrationOf, type Wishes } from '../integration/options.ts';
import { generatedFiles, INSTALLED_SHELLS, type InstalledShell, loadingLine } from '../integration/places.ts';
import { readRegistry } from '../keys/registry.ts';
import { callingShell } from '../shells/detect.ts';
import { describeInstalled, noteFor, reportDryRun, viewOf } from './shell-report.ts';
import { INTEGRATED_SHELLS, type InputOf } from './table.ts';

type Options = InputOf<'shell'>['options'];

export async function run(ctx: Context, { args, options }: InputOf<'shell'>): Promise<ExitCode> {
  const [action, given] = args;
  const shell = await shellOf(ctx, given);
  const wishes = checkWishes({ ...options, key: options.key ?? null, wraps: options.wrap });
  if (action === 'init') return init(ctx, shell, wishes, options);
  const installed = installable(shell, wishes);
  return action === 'install' ? install(ctx, installed, wishes, options) : uninstall(ctx, installed, wishes, options);
}

/** Prints the code for who keeps his profile by other means; nothing is written. */
function init(ctx: Context, shell: IntegratedShell, wishes: Wishes, options: Options): ExitCode {
  if (options['dry-run'])
    throw new UserError('usage', 'init changes nothing by itself: --dry-run is for install', {
      hint: `claude-keys shell install ${shell} --dry-run`,
    });
  warnOfMissingKey(ctx, wishes);
  const code = CODE[shell](integrationOf(ctx, wishes, null));
  if (ctx.ui.json) ctx.ui.document({ shell, code });
  else ctx.ui.data(code);
  return EXIT.ok;
}

async function install(ctx: Context, shell: InstalledShell, wishes: Wishes, options: Options): Promise<ExitCode> {
  warnOfMissingKey(ctx, wishes);
  if (options['dry-run']) return reportDryRun(ctx, shell, 'install', installing(ctx, shell, wishes));
  const { done, earlier } = await withLock(lockOf(ctx), async () => {
    const found = installing(ctx, shell, wishes);
    await make(ctx, found, `install ${shell}`);
    return { done: found, earlier: found.map(madeBy).find((line) => line !== null) };
  });
  if (ctx.ui.json) return viewOf(ctx, shell, 'install', done);
  const line = commandLine('install', shell, wishes);
  if (earlier !== undefined && earlier !== line) ctx.ui.note(`in place of what was there: ${earlier}`);
  const now = loadingLine(shell, generatedFiles(ctx, shell).code);
  for (const text of describeInstalled(shell, wishes, done, now)) ctx.ui.done(text);
  const note = noteFor(ctx, shell);
  if (note !== null) ctx.ui.note(note);
  return EXIT.ok;
}

async function uninstall(ctx: Context, shell: InstalledShell, wishes: Wishes, options: Options): Promise<ExitCode> {
  const { key, eager, auto, remind, wraps } = wishes;
  if (key !== null || eager || auto || remind || wraps.length > 0) {
    throw new UserError('usage', 'uninstall takes everything away; the other options are for install', {
      hint: `claude-keys shell uninstall ${shell}`,
    });
  }
  if (options['dry-run']) return reportDryRun(ctx, shell, 'uninstall', uninstalling(ctx, shell));
  const done = await withLock(lockOf(ctx), async () => {
    const found = uninstalling(ctx, shell);
    await make(ctx, found, `uninstall ${shell}`);
    return found;
  });
  if (ctx.ui.json) return viewOf(ctx, shell, 'uninstall', done);
  const profiles = done.filter((change) => change.profile !== undefined && changes(change));
  ctx.ui.done(
    done.some(changes)
      ? `claude-keys is out of ${shell}${profiles.length > 0 ? `: ${profiles.map(({ path }) => path).join(', ')} is as it was` : ''}; shells that are open keep it until they end`
      : `nothing of claude-keys was in ${shell}; nothing was changed`,
  );
  return EXIT.ok;
}

async function make(ctx: Context, found: readonly Change[], detail: string): Promise<void> {
  if (!found.some(changes)) return;
  await audit(ctx, { detail });
  applyAll(found);
}

function lockOf({ paths }: Context): string {
  return `${paths.data}/shell`;
}

async function shellOf(ctx: Context, given: string | undefined): Promise<IntegratedShell> {
  const name = given ?? (await callingShell(ctx))?.name;
  const found = INTEGRATED_SHELLS.find((shell) => shell === name);
  if (found !== undefined) return found;
  throw new UserError('usage', name === undefined ? 'which shell?' : `this is not made for ${name}`, {
    hint: `name one: ${INTEGRATED_SHELLS.join(', ')}`,
  });
}

function installable(shell: IntegratedShell, wishes: Wishes): InstalledShell {
  const found = INSTALLED_SHELLS.find((each) => each === shell);
  if (found !== undefined) return found;
  throw new UserError('usage', `${shell} is set up by a file of yours`, {
    hint: `in nushell: let to = $nu.data-dir | path join vendor autoload; mkdir $to; ${commandLine('init', shell, wishes)} | save -f ($to | path join claude-keys.nu)`,
  });
}

/** It may be added later. */
function warnOfMissingKey(ctx: Context, { key }: Wishes): void {
  if (key === null || readRegistry(ctx).keys.has(key)) return;
  ctx.ui.warn(`there is no key named ${key} yet`, `claude-keys add ${key}`);
}
