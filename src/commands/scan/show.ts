import type { Context } from '../../context.ts';
import type { Result } from '../../scan/report/result.ts';
import { VERSION } from '../../version.ts';

interface Forms {
  readonly sarif: boolean;
  readonly junit: boolean;
  readonly github: boolean;
}

/** Shows the result in the form that was asked for. */
export async function show(ctx: Context, result: Result, { sarif, junit, github }: Forms): Promise<void> {
  if (ctx.ui.json) ctx.ui.document((await import('../../scan/report/json.ts')).toDocument(result));
  else if (sarif) ctx.ui.document((await import('../../scan/report/sarif.ts')).toSarif(result, VERSION));
  else if (junit) ctx.ui.data((await import('../../scan/report/junit.ts')).toJunit(result));
  else if (github) ctx.ui.data((await import('../../scan/report/github.ts')).toGithub(result));
  else await (await import('../../scan/report/table.ts')).showTable(ctx, result);
}
