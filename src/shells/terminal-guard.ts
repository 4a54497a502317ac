import { UserError } from '../errors.ts';

/** The refusal to show a secret on a terminal, where it stays in the scrollback and is seen by who looks on. */
export function secretToTerminal(hint: string): UserError {
  return new UserError('refused', 'the secret would be shown on this terminal', {
    hint: `${hint}; show it all the same: --force`,
  });
}
