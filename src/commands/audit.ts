import { auditFiles } from '../audit/files.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import type { InputOf } from './table.ts';

export type AuditInput = InputOf<'audit'>;

export async function run(ctx: Context, input: AuditInput): Promise<ExitCode> {
  const [action, address] = input.args;
  if (action !== 'sink' && address !== undefined) {
    throw new UserError('usage', `audit ${action} takes nothing more`, { hint: 'see: claude-keys audit --help' });
  }
  if (action === 'verify') return verify(ctx);
  if (action === 'sink') return (await import('./audit/sink.ts')).sink(ctx, input);
  return (await import('./audit/show.ts')).show(ctx, input);
}

/** Exit 1 where something was changed, removed or put in between. */
async function verify(ctx: Context): Promise<ExitCode> {
  const [{ verifyLog }, { self }] = await Promise.all([import('../audit/verify.ts'), import('../files/ticket.ts')]);
  const { lines, head, healed, problems } = await verifyLog(auditFiles(ctx.paths), self());
  const intact = problems.length === 0;
  if (ctx.ui.json) ctx.ui.document({ intact, lines, head, healed, problems });
  if (healed) ctx.ui.note('the last line had been cut off by the end of its program; it is whole again');
  for (const { file, line, message } of problems) {
    const place = line === null ? file : `${file}, line ${line}`;
    if (!ctx.ui.json) ctx.ui.data(`${place}: ${message}\n`);
  }
  const count = lines === 1 ? '1 line' : `${lines} lines`;
  if (intact) ctx.ui.done(lines === 0 ? 'the audit log has no lines yet' : `${count}, none changed, removed or put in`);
  else ctx.ui.warn(`the audit log is not what was written: ${count}, ${problems.length} places`);
  return intact ? EXIT.ok : EXIT.no;
}
