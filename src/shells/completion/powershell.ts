import { quotePowershell } from '../powershell.ts';
import { type CommandWords, commandWords, PROGRAM_OPTIONS, type Values } from './words.ts';

/** Windows PowerShell 5.1 and PowerShell 7. Behind `--` nothing is offered, which leaves PowerShell's own file names. */
export function powershellCompletion(): string {
  const commands = commandWords();
  return `# PowerShell completion for claude-keys. Load it now: claude-keys completion powershell | Out-String | Invoke-Expression
# For every shell: put that line into the file that $PROFILE names

Register-ArgumentCompleter -Native -CommandName 'claude-keys' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $aliases = @{
${commands.flatMap(({ name, aliases }) => aliases.map((alias) => `    ${quotePowershell(alias)} = ${quotePowershell(name)}`)).join('\n')}
  }
  $options = @{
    '' = ${list(PROGRAM_OPTIONS.map(({ name }) => name))}
${commands.map(({ name, options, child }) => `    ${quotePowershell(name)} = ${list([...options.map((option) => option.name), ...(child ? ['--'] : [])])}`).join('\n')}
  }
  $values = @{
${commands.flatMap(optionValues).join('\n')}
  }
  $arguments = @{
    ' 0' = ${list(commands.flatMap(({ name, aliases }) => [name, ...aliases]))}
${commands.flatMap(argumentValues).join('\n')}
  }
  $many = ${list(commands.filter(({ args }) => args.some(({ many }) => many)).map(({ name }) => name))}
  $command = ''
  $option = ''
  $given = 0
  foreach ($element in @($commandAst.CommandElements | Select-Object -Skip 1)) {
    # The word that is being typed is no word before it.
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.Extent.Text
    if ($word -eq '--') { return }
    if ($option) { $option = '' }
    elseif ($word.StartsWith('-')) { if ($values.ContainsKey("$command $word")) { $option = $word } }
    elseif (-not $command) { $command = if ($aliases.ContainsKey($word)) { $aliases[$word] } else { $word } }
    else { $given++ }
  }
  $words = if ($option) { $values["$command $option"] }
    elseif ($wordToComplete.StartsWith('-')) { $options[$command] }
    elseif (-not $command) { $arguments[' 0'] }
    elseif ($many -contains $command) { $arguments["$command 0"] }
    else { $arguments["$command $given"] }
  if ($words -is [scriptblock]) { $words = & $words }
  $words | Where-Object { $_ -and $_.StartsWith($wordToComplete) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

function list(words: readonly string[]): string {
  return `@(${words.map(quotePowershell).join(', ')})`;
}

function optionValues({ name, options }: CommandWords): string[] {
  return options.flatMap((option) =>
    option.value ? [`    ${quotePowershell(`${name} ${option.name}`)} = ${source(option.value.values)}`] : [],
  );
}

function argumentValues({ name, args }: CommandWords): string[] {
  return args.map((arg, index) => `    ${quotePowershell(`${name} ${index}`)} = ${source(arg.values)}`);
}

function source(values: Values): string {
  switch (values.of) {
    case 'choices':
      return list(values.choices);
    case 'keys':
      return '{ claude-keys completion names 2>$null }';
    case 'variables':
      return '{ (Get-ChildItem Env:).Name }';
    case 'files':
    case 'anything':
      return '@()';
  }
}
