import { bash } from './bash.ts';
import { csh } from './csh.ts';
import { elvish } from './elvish.ts';
import { fish } from './fish.ts';
import { nushell } from './nushell.ts';
import { powershell } from './powershell.ts';
import { sh } from './sh.ts';
import type { Shell, ShellName } from './shell.ts';
import { xonsh } from './xonsh.ts';
import { zsh } from './zsh.ts';

/** One file a shell: how it quotes, sets and unsets. `detect.ts` finds the one that called. */
export const SHELLS: { readonly [N in ShellName]: Shell } = {
  bash,
  zsh,
  sh,
  fish,
  powershell,
  nushell,
  csh,
  elvish,
  xonsh,
};
