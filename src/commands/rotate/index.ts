import type { Context } from '../../context.ts';
import { type ExitCode, UserError } from '../../errors.ts';
import { checkName } from '../../keys/name.ts';
import { withKeyLock } from '../../keys/rotation-lock.ts';
import type { InputOf } from '../table.ts';
import { beginRotation, rotateFromStandby } from './begin.ts';
import { abortRotation, resumeRotation, rollBack } from './recover.ts';

const MODES = ['resume', 'abort', 'rollback', 'from-standby'] as const;

export type RotateOptions = InputOf<'rotate'>['options'];

export async function run(ctx: Context, { args, options }: InputOf<'rotate'>): Promise<ExitCode> {
  const [mode, other] = MODES.filter((candidate) => options[candidate]);
  if (other !== undefined) {
    throw new UserError('usage', `--${mode} and --${other} cannot be used together`, { hint: 'give one of them' });
  }
  const name = checkName(args[0] ?? '');
  return withKeyLock(ctx, name, () => {
    switch (mode) {
      case 'resume':
        return resumeRotation(ctx, name, options);
      case 'abort':
        return abortRotation(ctx, name, options);
      case 'rollback':
        return rollBack(ctx, name, options);
      case 'from-standby':
        return rotateFromStandby(ctx, name, options);
      default:
        return beginRotation(ctx, name, options);
    }
  });
}
