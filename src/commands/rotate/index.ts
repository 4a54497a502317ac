import type { Context } from '../../context.ts';
import { type ExitCode, UserError } from '../../errors.ts';
import { checkName } from '../../keys/name.ts';
import { withKeyLock } from '../../keys/rotation-lock.ts';
import type { InputOf } from '../table.ts';
import { beginRotation, rotateFromStandby } from './begin.ts';
import { abortRotation, resumeRotation, rollBack } from './recover.ts';

const MODES = ['resume', 'abort', 'rollback', 'from-standby', 'due'] as const;

export type RotateOptions = InputOf<'rotate'>['options'];

export async function run(ctx: Context, { args, options }: InputOf<'rotate'>): Promise<ExitCode> {
  const [mode, other] = MODES.filter((candidate) => options[candidate]);
  if (other !== undefined) {
    throw new UserError('usage', `--${mode} and --${other} cannot be used together`, { hint: 'give one of them' });
  }
  if (mode === 'due') return (await import('./due/index.ts')).rotateDue(ctx, args[0], options);
  refuseAlone(options);
  const name = checkName(required(args[0]));
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

function required(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UserError('usage', 'rotate which key? no name was given', {
    hint: 'claude-keys rotate NAME, or for every key that is due: claude-keys rotate --due',
  });
}

function refuseAlone(options: RotateOptions): void {
  const given = (['dry-run', 'jobs'] as const).find((option) => options[option]);
  if (given === undefined) return;
  throw new UserError('usage', `--${given} belongs to --due`, { hint: 'claude-keys rotate --due --dry-run' });
}
