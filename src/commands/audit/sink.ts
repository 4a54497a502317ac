import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditFiles } from '../../audit/files.ts';
import { parseSink } from '../../audit/sink/address.ts';
import { type Shipment, ship } from '../../audit/sink/ship.ts';
import { parseSince } from '../../cli/since.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { holdsSecret, secretAsArgument } from '../../keys/name.ts';
import type { AuditInput } from '../audit.ts';

const LOOK_MS = 1_000;

/** Sends the lines that the sink does not have yet; with `--follow`, each new one as it comes, until it is ended. */
export async function sink(ctx: Context, { args, options }: AuditInput): Promise<ExitCode> {
  const text = args[1];
  if (text === undefined) {
    throw new UserError('usage', 'audit sink needs the address to send to', {
      hint: 'claude-keys audit sink syslog:, or: claude-keys audit sink http://127.0.0.1:4318',
    });
  }
  if (holdsSecret(text)) throw secretAsArgument();
  const address = parseSink(text);
  const since = options.since === undefined ? '' : parseSince(options.since, ctx.now());
  const files = auditFiles(ctx.paths);
  const open = await address.open();
  try {
    let shipment = await ship(files, address.text, open, since);
    tell(ctx, address.text, shipment);
    for (let seen = mark(files.log); options.follow; await sleep(LOOK_MS)) {
      const now = mark(files.log);
      if (now === seen) continue;
      shipment = await ship(files, address.text, open, since);
      tell(ctx, address.text, shipment);
      seen = now;
    }
    return shipment.breaks.length === 0 ? EXIT.ok : EXIT.no;
  } finally {
    await open.close();
  }
}

function tell(ctx: Context, sinkName: string, { sent, last, breaks }: Shipment): void {
  if (ctx.ui.json) ctx.ui.document({ sink: sinkName, sent, last, breaks });
  ctx.ui.done(
    sent === 0 ? `${sinkName} has every line` : `${sent === 1 ? '1 line' : `${sent} lines`} sent to ${sinkName}`,
  );
  if (breaks.length > 0) {
    ctx.ui.warn(`line ${breaks.join(', ')} does not follow from what was sent before`, 'claude-keys audit verify');
  }
}

/** Changes with every line. */
function mark(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return `${stats?.ino} ${stats?.size}`;
}
