import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { InputOf } from './table.ts';

export async function run(_ctx: Context, _input: InputOf<'rotate'>): Promise<ExitCode> {
  return EXIT.ok;
}
