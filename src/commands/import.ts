import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { agreesToRemoval, nameNew, suggestNames } from '../importing/asking.ts';
import { isTracked } from '../importing/git.ts';
import { type Item, isDead, isNew, itemsOf } from '../importing/items.ts';
import type { Search } from '../importing/places.ts';
import { removeFromFiles } from '../importing/removing.ts';
import { show, tellLeft, tellPassedOver, tellPlanned, toDocument, warnOfHistory } from '../importing/report.ts';
import { search } from '../importing/search.ts';
import { storeForNew, storeNew, testNew } from '../importing/storing.ts';
import { refuseTaken } from '../keys/adding.ts';
import { checkLabel } from '../keys/label.ts';
import { checkName } from '../keys/name.ts';
import { readRegistry } from '../keys/registry.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'import'>['options'];

const MOST_JSON = 20 * 1024 * 1024;
const STDIN = '-';

/** Finds keys, tests and stores them, and with `--remove` takes them out of the files: in this order, for each one. */
export async function run(ctx: Context, { args, options }: InputOf<'import'>): Promise<ExitCode> {
  const environment = options.env === undefined ? null : checkLabel(options.env);
  const registry = readRegistry(ctx);
  if (options.name !== undefined) refuseTaken(registry, checkName(options.name));
  const found = search(ctx, {
    paths: args.filter((path) => path !== STDIN),
    json: await jsonInput(ctx, args, options),
  });
  const items = itemsOf(found.finds, registry);
  await markTracked(ctx, items);
  tellPassedOver(ctx, found);
  if (items.length === 0) return nothing(ctx, found, args);

  const waiting = items.filter(isNew);
  if (options.name !== undefined && waiting.length > 1) throw tooManyForName(waiting.length);
  if (mustAsk(ctx, items, options)) {
    suggestNames(ctx, items, registry);
    await show(ctx, items);
    throw unconfirmed(waiting.length);
  }
  const store = options['dry-run'] || waiting.length === 0 ? null : await storeForNew(ctx, options.store);
  if (!options['no-verify']) await testNew(ctx, items);
  await show(ctx, items);
  await nameNew(ctx, items, registry, {
    name: options.name,
    ask: !options.yes && !options['dry-run'] && ctx.stdin.isTTY,
  });
  if (options['dry-run']) tellPlanned(ctx, items);
  if (store !== null) await storeNew(ctx, items, { store, environment });
  if (options.remove) {
    const agreed = options.yes || options['dry-run'] || (await agreesToRemoval(ctx, items));
    if (agreed) await removeFromFiles(ctx, items, options['dry-run']);
  }
  if (options['dry-run']) ctx.ui.done('Nothing was changed.');
  if (ctx.ui.json) ctx.ui.document(toDocument(items, found));
  else tellLeft(ctx, items);
  warnOfHistory(ctx, items);
  hintAtRemoval(ctx, items, args, options);
  return exitCode(items, found, options);
}

async function jsonInput(ctx: Context, args: readonly string[], options: Options): Promise<string | null> {
  if (!options['from-json'] && !args.includes(STDIN)) return null;
  if (ctx.stdin.isTTY) {
    throw new UserError('missing_input', 'JSON is expected on standard input, which is a terminal', {
      hint: 'op item get "Claude" --format json | claude-keys import -',
    });
  }
  return (await ctx.stdin.read(MOST_JSON)).toString('utf8');
}

async function markTracked(ctx: Context, items: readonly Item[]): Promise<void> {
  const files = new Map<string, Promise<boolean>>();
  for (const { file } of items.flatMap(({ find }) => find.places)) {
    const target = file?.file.target;
    if (target !== undefined && !files.has(target)) files.set(target, isTracked(ctx, target));
  }
  for (const place of items.flatMap(({ find }) => find.places)) {
    place.tracked = (await files.get(place.file?.file.target ?? '')) ?? false;
  }
}

/** Without a terminal, names and the removal take a yes; a single key with `--name` is answer enough to store it. */
function mustAsk(ctx: Context, items: readonly Item[], options: Options): boolean {
  if (options.yes || options['dry-run'] || ctx.stdin.isTTY) return false;
  const removes = options.remove && items.some(({ find }) => find.places.some(({ file }) => file !== null));
  return removes || (items.some(isNew) && options.name === undefined);
}

function unconfirmed(count: number): UserError {
  const what = count === 0 ? 'nothing was removed' : `${count === 1 ? 'one key was' : `${count} keys were`} not stored`;
  return new UserError('confirmation_needed', `${what} without a yes`, {
    hint: 'to take the suggested names: --yes; to look only: --dry-run',
  });
}

function tooManyForName(count: number): UserError {
  return new UserError('usage', `--name is for one key, and ${count} were found`, {
    hint: 'name the file of the one you mean, or take the suggested names: claude-keys import --yes',
  });
}

function hintAtRemoval(ctx: Context, items: readonly Item[], paths: readonly string[], { remove }: Options): void {
  const inFiles = items.some(({ find, leftOut }) => !leftOut && find.places.some(({ file }) => file !== null));
  if (remove || !inFiles) return;
  const how = paths.length === 0 ? 'claude-keys import --remove' : 'the same command with --remove';
  ctx.ui.done(`Still in the files in plain text. To take it out: ${how}`);
}

function nothing(ctx: Context, found: Search, args: readonly string[]): ExitCode {
  if (ctx.ui.json) ctx.ui.document(toDocument([], found));
  const files = found.looked === 1 ? ' in one file' : ` in ${found.looked} files`;
  const none = args.length === 0 ? ': not in the environment, and there is no file to look into' : ' in what came in';
  ctx.ui.done(`No keys were found${found.looked === 0 ? none : files}.`);
  return found.troubles.some(({ asked }) => asked) ? EXIT.no : EXIT.ok;
}

/** No when something that was found is not where it was asked to be: in a store, and with `--remove` out of its files. */
function exitCode(items: readonly Item[], { troubles }: Search, options: Options): ExitCode {
  const failed = items.some((item) => {
    const inFiles = item.find.places.filter(({ file }) => file !== null);
    const left =
      options.remove && inFiles.some(({ removed, why }) => !removed && (why !== null || !options['dry-run']));
    if (item.leftOut) return false;
    const handled = item.stored || (options['dry-run'] && item.name !== null) || (isDead(item) && options.remove);
    return !handled || left;
  });
  return failed || troubles.some(({ asked }) => asked) ? EXIT.no : EXIT.ok;
}
