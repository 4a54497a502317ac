import { quoteFish } from '../../shells/fish.ts';
import { quoteNushell } from '../../shells/nushell.ts';
import { quotePosix } from '../../shells/posix.ts';
import { quotePowershell } from '../../shells/powershell.ts';

/**
 * `--remind`: shows what `remind --cache` and `rotate --due` have left in the cache folder, once a day, when a shell
 * starts. With builtins alone: no process, and a file beside that one remembers the day.
 */
export const REMIND = {
  /** Before 4.2 bash tells no date: then once for each time that the line is written. */
  bash: (file: string) => `
function __claude_keys_remind {
  local file=${quotePosix(file)} day= last= line=
  if [[ ! -r $file ]]; then return 0; fi
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 402)); then printf -v day '%(%Y%m%d)T' -1; fi
  if [[ -r $file.shown ]]; then IFS= read -r last <"$file.shown" || :; fi
  if [[ -n $day && $day == "$last" || -z $day && ! $file -nt $file.shown ]]; then return 0; fi
  IFS= read -r line <"$file" || :
  if [[ -n $line && $line != *[[:cntrl:]]* ]]; then printf '%s\\n' "$line" >&2; fi
  { printf '%s\\n' "$day" >|"$file.shown"; } 2>/dev/null || :
}
__claude_keys_remind
`,
  zsh: (file: string) => `
function __claude_keys_remind {
  emulate -L zsh
  local file=${quotePosix(file)} day= last= line=
  if [[ ! -r $file ]] || ! zmodload zsh/datetime; then return 0; fi
  strftime -s day %Y%m%d $EPOCHSECONDS
  if [[ -r $file.shown ]]; then IFS= read -r last <$file.shown; fi
  if [[ $day == "$last" ]]; then return 0; fi
  IFS= read -r line <$file
  if [[ -n $line && $line != *[[:cntrl:]]* ]]; then print -r -u 2 -- "$line"; fi
  { print -r -- "$day" >|$file.shown; } 2>/dev/null
  return 0
}
__claude_keys_remind
`,
  /** fish tells no date, but since 3.5 how old a file is, in seconds. */
  fish: (file: string) => `
function __claude_keys_remind
    set -l file ${quoteFish(file)}
    test -r $file; and builtin -q path; or return 0
    if test -e $file.shown; and test (path mtime -R -- $file.shown) -lt 86400
        return 0
    end
    read -l line <$file
    string match -q -r '[[:cntrl:]]' -- "$line"; or printf '%s\\n' $line >&2
    echo >$file.shown 2>/dev/null
    return 0
end
__claude_keys_remind
`,
  powershell: (file: string) => `
function global:__claude_keys_remind {
  $file = ${quotePowershell(file)}
  if (-not (Test-Path -LiteralPath $file)) { return }
  $day = Get-Date -Format yyyyMMdd
  $last = Get-Content -LiteralPath "$file.shown" -TotalCount 1 -ErrorAction Ignore
  if ($day -eq $last) { return }
  $line = Get-Content -LiteralPath $file -TotalCount 1 -ErrorAction Ignore
  if ($line -and $line -notmatch '[\\x00-\\x1f\\x7f]') { [Console]::Error.WriteLine($line) }
  Set-Content -LiteralPath "$file.shown" -Value $day -ErrorAction Ignore
}
__claude_keys_remind
`,
  nushell: (file: string) => `
do {
  let file = ${quoteNushell(file)}
  let shown = $"($file).shown"
  let day = date now | format date '%Y%m%d'
  let last = if ($shown | path exists) { open --raw $shown | str trim } else { '' }
  if ($file | path exists) and $day != $last {
    let line = open --raw $file | lines | append '' | first
    if $line !~ '[[:cntrl:]]' { print -e $line }
    try { $day | save --force $shown }
  }
}
`,
} as const satisfies Record<string, (file: string) => string>;
