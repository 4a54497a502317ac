import { powershellCompletion } from '../../shells/completion/powershell.ts';
import { quotePowershell } from '../../shells/powershell.ts';
import { goneWords, heading, type Integration, OWN_VARIABLES } from '../options.ts';
import { powershellHook } from './powershell-hook.ts';
import { REMIND } from './remind.ts';

/**
 * For Windows PowerShell 5.1 and PowerShell 7. Everything is `global:`, because the profile loads it from a file of its
 * own. Arguments are splatted, so that a native command gets each as it was given.
 */
export function powershellCode(options: Integration): string {
  const { completion, eager, key, wraps, auto, remind } = options;
  const name = key === null ? '' : ` ${quotePowershell(key)}`;
  return `${heading('powershell', options)}
${FUNCTIONS(options, name)}${wraps.map((command) => WRAPPER(command, name)).join('')}${
  completion === null ? `\n${powershellCompletion()}` : LAZY_COMPLETION(completion)
}${auto ? powershellHook(options.allowFile) : ''}${remind ? REMIND.powershell(options.reminderFile) : ''}${eager ? `\n__claude_keys_export @(${name.trim()})\n` : ''}`;
}

const FUNCTIONS = (options: Integration, name: string) => `
function global:__claude_keys {
  $found = Get-Command claude-keys -CommandType @('Application', 'ExternalScript') -ErrorAction Ignore | Select-Object -First 1
  if ($found) { & $found @args }
  elseif (${options.program.map((file) => `(Test-Path -LiteralPath ${quotePowershell(file)})`).join(' -and ')}) {
    & ${options.program.map(quotePowershell).join(' ')} @args
  }
  else {
    foreach ($line in ${goneWords('powershell', options).map(quotePowershell).join(', ')}) { [Console]::Error.WriteLine($line) }
    $global:LASTEXITCODE = 127
  }
}
if (-not (Get-Command claude-keys -CommandType @('Application', 'ExternalScript') -ErrorAction Ignore)) {
  function global:claude-keys { __claude_keys @args }
}

# Runs what is printed, if it is an assignment, and shows it (a help text) if it is not.
function global:__claude_keys_export([string[]] $words) {
  $code = (__claude_keys export --shell powershell @words) -join [Environment]::NewLine
  if ($code -cmatch '^\\$env:([A-Za-z_][A-Za-z0-9_]*) = ') {
    $global:__claude_keys_used = @($global:__claude_keys_used) + $Matches[1]
    Invoke-Expression $code
  }
  elseif ($code -cmatch '^Remove-Item -Path Env:') { Invoke-Expression $code }
  elseif ($code) { $code }
}

function global:ckuse {
  if ($args.Count) { __claude_keys_export $args } else { __claude_keys_export @(${name.trim()}) }
}

function global:ckunuse {
  $used = @($global:__claude_keys_used | Where-Object { $_ })
  if (-not $used.Count) { $used = -split '${OWN_VARIABLES}' }
  foreach ($variable in $used) { Remove-Item -Path "Env:$variable" -ErrorAction Ignore }
  $global:__claude_keys_used = @()
}
`;

/** What is piped in goes on to the program. */
const WRAPPER = (command: string, name: string) => `
function global:${command} {
  if ($MyInvocation.ExpectingInput) { $input | __claude_keys exec${name} '--' ${quotePowershell(command)} @args }
  else { __claude_keys exec${name} '--' ${quotePowershell(command)} @args }
}
`;

/** The script is read at the first TAB and answers that one, too. */
const LAZY_COMPLETION = (file: string) => `
Register-ArgumentCompleter -Native -CommandName 'claude-keys' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  if (Test-Path -LiteralPath ${quotePowershell(file)}) {
    . ${quotePowershell(file)}
    [System.Management.Automation.CommandCompletion]::CompleteInput($commandAst.ToString(), $cursorPosition, $null).CompletionMatches
  }
}
`;
