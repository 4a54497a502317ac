import type { Integration } from '../options.ts';
import { bashCode } from './bash.ts';
import { fishCode } from './fish.ts';
import { nushellCode } from './nushell.ts';
import { powershellCode } from './powershell.ts';
import { zshCode } from './zsh.ts';

/** The code that each shell runs when it starts; one file a shell, and one for its hook. */
export const CODE = {
  bash: bashCode,
  zsh: zshCode,
  fish: fishCode,
  powershell: powershellCode,
  nushell: nushellCode,
} as const satisfies Record<string, (options: Integration) => string>;

export type IntegratedShell = keyof typeof CODE;
