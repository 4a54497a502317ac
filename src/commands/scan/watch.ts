import { existsSync, watch as watchFolder } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, systemCode, UserError } from '../../errors.ts';
import { withInterrupt } from '../../scan/interrupt.ts';
import { type PathsOptions, scanPaths } from '../../scan/paths.ts';
import { toDocument } from '../../scan/report/json.ts';
import { rowsOf } from '../../scan/rows.ts';
import type { Session } from '../../scan/session.ts';
import type { InputOf } from '../table.ts';
import { show } from './show.ts';

/** Editors write in several steps: a file is looked at when it has been quiet for so long. */
const QUIET_MS = 150;
const NOT_WATCHED = new Set(['.git', 'node_modules']);

/**
 * Looks at a folder, then at each file that changes, until Ctrl-C; tells each credential at each of its places once.
 * With `--json` it writes one line of JSON for each.
 * @param begin gives a new session: one for each look, so that nothing grows for as long as it watches
 */
export async function watch(ctx: Context, begin: () => Session, { args, options }: InputOf<'scan'>): Promise<ExitCode> {
  if (options.sarif || options.junit || options.github) {
    throw new UserError('usage', '--watch tells finds as they come', { hint: 'in lines of JSON: --watch --json' });
  }
  const folder = resolve(ctx.cwd, args[0] ?? '.');
  if (args.length > 1 || !existsSync(folder)) {
    throw new UserError('usage', '--watch takes one folder that is there', { hint: 'claude-keys scan --watch src' });
  }
  const told = new Set<string>();
  const changed = new Set<string>();
  let session = begin();
  let isOver = false;
  let wake: () => void = () => {};
  const watcher = watchFolder(folder, { recursive: true }, (_, name) => {
    if (name === null || name.split(sep).some((part) => NOT_WATCHED.has(part))) return;
    changed.add(join(folder, name));
    wake();
  });
  watcher.on('error', (error) => ctx.ui.warn(`not all changes are seen: ${systemCode(error) ?? 'unknown'}`));
  const onInterrupt = () => {
    isOver = true;
    session.interrupt();
    wake();
  };
  const look = async (paths: readonly string[], how: PathsOptions) => {
    await scanPaths(ctx, session, paths, how);
    await tellNew(ctx, session, told, options.verify);
    if (ctx.stdout.isClosed) isOver = true;
    session = begin();
  };
  try {
    await withInterrupt(onInterrupt, async () => {
      await look([folder], options);
      if (!isOver) ctx.ui.note(`watching ${session.label(folder)}; Ctrl-C ends it`);
      while (!isOver) {
        if (changed.size === 0) {
          await new Promise<void>((done) => {
            wake = done;
          });
        }
        await new Promise((done) => setTimeout(done, QUIET_MS));
        const files = [...changed];
        changed.clear();
        await look(files, { all: options.all, mayLack: true, noLinks: true });
      }
    });
  } finally {
    watcher.close();
  }
  return told.size > 0 ? EXIT.no : EXIT.ok;
}

async function tellNew(ctx: Context, session: Session, told: Set<string>, verify: boolean): Promise<void> {
  const fresh = session.findings.list().flatMap((finding) => {
    const occurrences = finding.occurrences.filter(({ file, line }) => {
      const place = `${finding.fingerprint} ${file}:${line}`;
      return !told.has(place) && told.add(place);
    });
    return occurrences.length > 0 ? [{ ...finding, occurrences }] : [];
  });
  if (fresh.length === 0 && !session.failed) return;
  const { scanned, skipped } = session;
  const result = { rows: await rowsOf(ctx, fresh, verify), scanned, skipped, allowed: 0, interrupted: false };
  if (ctx.ui.json) ctx.ui.data(`${JSON.stringify(toDocument(result))}\n`);
  else await show(ctx, result, { sarif: false, junit: false, github: false });
}
