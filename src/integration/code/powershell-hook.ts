import { quotePowershell } from '../../shells/powershell.ts';

/**
 * Follows `.claude-keys` from the prompt. The prompt that was there runs first and untouched: it alone may look at `$?`,
 * and what it leaves in `$LASTEXITCODE` is put back. Up to the moment in which the folder's binding changes nothing
 * but .NET's own file functions run: no process, no store.
 */
export function powershellHook(allowFile: string): string {
  return `
function global:__claude_keys_hook {
  $name = ''
  $folder = ''
  $allowed = $false
  $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
  for ($at = $here; $at; $at = [IO.Path]::GetDirectoryName($at)) {
    $file = [IO.Path]::Combine($at, '.claude-keys')
    if (-not [IO.File]::Exists($file)) { continue }
    try {
      $reader = [IO.StreamReader]::new($file)
      try {
        $buffer = [char[]]::new(80)
        $name = ([string]::new($buffer, 0, $reader.ReadBlock($buffer, 0, 80)) -split "\`n")[0].Trim()
      }
      finally { $reader.Dispose() }
    }
    catch { $name = '' }
    if ($name) { $folder = $at; break }
  }
  if ($name -and "$folder$name" -notmatch '[\\x00-\\x1f\\x7f]') {
    $list = if ($env:CLAUDE_KEYS_HOME) { [IO.Path]::Combine($env:CLAUDE_KEYS_HOME, 'allowed') } else { ${quotePowershell(allowFile)} }
    try { $allowed = [IO.File]::ReadAllLines($list) -ccontains "$folder\`t$name" } catch { $allowed = $false }
  }
  $state = if ($name) { "\${allowed}:\${name}:$folder" } else { '' }
  if ($state -ceq [string] $global:__claude_keys_state) { return }
  $global:__claude_keys_state = $state
  __claude_keys_leave
  if ($allowed) { __claude_keys_enter $name }
  elseif ($name) { __claude_keys_tell $folder $name }
}

function global:__claude_keys_enter([string] $name) {
  $code = (__claude_keys export $name --shell powershell) -join [Environment]::NewLine
  if ($code -cnotmatch '^\\$env:([A-Za-z_][A-Za-z0-9_]*) = ') { return }
  $variable = $Matches[1]
  $before = [Environment]::GetEnvironmentVariable($variable)
  Invoke-Expression $code
  $global:__claude_keys_set = @{ Name = $variable; Before = $before; Value = [Environment]::GetEnvironmentVariable($variable) }
  $env:CLAUDE_KEYS_AUTO = $variable + ':' + (__claude_keys_end $variable)
}

function global:__claude_keys_end([string] $variable) {
  $value = [string] [Environment]::GetEnvironmentVariable($variable)
  $value.Substring([Math]::Max(0, $value.Length - 4))
}

# Puts back what was there, unless the user has set or unset the variable since.
function global:__claude_keys_leave {
  $set = $global:__claude_keys_set
  if (-not $set) { return }
  $global:__claude_keys_set = $null
  Remove-Item -LiteralPath 'Env:CLAUDE_KEYS_AUTO' -ErrorAction Ignore
  if ([Environment]::GetEnvironmentVariable($set.Name) -cne $set.Value) { return }
  if ($null -ne $set.Before) { Set-Item -LiteralPath "Env:$($set.Name)" -Value $set.Before }
  else { Remove-Item -LiteralPath "Env:$($set.Name)" -ErrorAction Ignore }
}

function global:__claude_keys_tell([string] $folder, [string] $name) {
  if (@($global:__claude_keys_told) -ccontains "$folder\`t$name") { return }
  $global:__claude_keys_told = @($global:__claude_keys_told) + "$folder\`t$name"
  $words = "claude-keys: '$folder' asks for the key '$name'; to let it have that key: claude-keys allow" -replace '[\\p{C}]', '?'
  [Console]::Error.WriteLine($words)
}

# What the hook of another shell has set, in which this one was started (by an editor), is no value of the user's.
if ($env:CLAUDE_KEYS_AUTO -cmatch '^([A-Za-z_][A-Za-z0-9_]*):(.{4})$' -and -not $global:__claude_keys_set) {
  if ((__claude_keys_end $Matches[1]) -ceq $Matches[2]) {
    $global:__claude_keys_set = @{ Name = $Matches[1]; Before = $null; Value = [Environment]::GetEnvironmentVariable($Matches[1]) }
    $global:__claude_keys_state = 'inherited'
  }
}

if (-not (Test-Path -Path Variable:global:__claude_keys_prompt)) {
  $global:__claude_keys_prompt = $function:prompt
  function global:prompt {
    & $global:__claude_keys_prompt
    $code = $global:LASTEXITCODE
    __claude_keys_hook
    $global:LASTEXITCODE = $code
  }
}
`;
}
