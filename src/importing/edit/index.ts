import { basename } from 'node:path';
import { removeFromDotenv } from './dotenv.ts';
import type { Remover } from './edit.ts';
import { removeFromJson } from './json.ts';
import { removeFromPowershell } from './powershell.ts';
import { removeFromFish, removeFromPosix } from './shell.ts';
import { removeFromYaml } from './yaml.ts';

/** How a file is written; `other` is never rewritten. */
export type Syntax = 'posix' | 'fish' | 'fish-variables' | 'powershell' | 'dotenv' | 'json' | 'yaml' | 'other';

export const REMOVERS: Readonly<Record<Syntax, Remover>> = {
  posix: removeFromPosix,
  fish: removeFromFish,
  'fish-variables': () => 'fish writes this file itself: run in fish: set --erase --universal NAME',
  powershell: removeFromPowershell,
  dotenv: removeFromDotenv,
  json: removeFromJson,
  yaml: removeFromYaml,
  other: () => 'this kind of file is not rewritten',
};

const BY_NAME: readonly (readonly [RegExp, Syntax])[] = [
  [/^fish_variables$/, 'fish-variables'],
  [/^\.envrc/, 'posix'],
  [/^\.env|\.env$|^environment$|^dotenv$/, 'dotenv'],
  [/[\\/]environment\.d[\\/][^\\/]+\.conf$/, 'dotenv'],
  [/\.jsonc?$|^\.claude\.json/, 'json'],
  [/\.ya?ml$/, 'yaml'],
  [/\.fish$/, 'fish'],
  [/\.ps1$/i, 'powershell'],
  [
    /\.(?:sh|bash|zsh|ksh)$|^\.?(?:bash|zsh|ksh|mksh)(?:rc|env|_?profile|_?login|_?logout|_?aliases|_?exports)$|^\.?z(?:shenv|profile|login|logout)$|^\.?(?:profile|xprofile|xsessionrc|aliases|exports|extra|secrets?)$/,
    'posix',
  ],
];

/** The syntax of a file, from its path or its first line. */
export function syntaxOf(path: string, text: string): Syntax {
  const name = basename(path);
  const known = BY_NAME.find(([pattern]) => pattern.test(name) || pattern.test(path))?.[1];
  if (known !== undefined) return known;
  const interpreter = /^#!.*?\b(?:(fish)|(pwsh)|(?:ba|z|k|da)?sh)\b/.exec(text.slice(0, 200));
  if (interpreter === null) return 'other';
  return interpreter[1] ? 'fish' : interpreter[2] ? 'powershell' : 'posix';
}
