import type { Context } from '../context.ts';
import { self } from '../files/ticket.ts';
import { PART_BYTES, type Unchained } from './append.ts';
import { appendCarefully } from './careful.ts';
import { auditFiles } from './files.ts';
import { unwritten } from './unwritten.ts';
import { claimHead } from './waiting.ts';

/** Adds a line, whatever has to be waited for or mended first, or does what is to be done where it cannot be written. */
export async function auditSlowly(ctx: Context, line: Unchained): Promise<void> {
  const files = auditFiles(ctx.paths);
  try {
    const claim = await claimHead(files, self());
    try {
      appendCarefully(files, claim, line, PART_BYTES);
    } finally {
      claim.release();
    }
  } catch (error) {
    unwritten(ctx, files.log, error);
  }
}
