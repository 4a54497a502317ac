import { Argument, Command, CommanderError, Option } from 'commander';
import { COMMANDS, type CommandName } from '../commands/table.ts';
import { UserError } from '../errors.ts';
import { type Call, complete, splitChild } from './parse.ts';
import { type ArgumentSpec, type CommandSpec, GLOBAL_OPTIONS, type OptionSpec } from './spec.ts';

/** Commander's reading of a line: a call to make, or text (help, version) to print. */
export type Reading = { readonly call: Call } | { readonly text: string };

/**
 * Reads any command line with commander.
 * @throws {UserError} `usage` with commander's explanation and the command that shows the help.
 */
export function readLine(argv: readonly string[], version: string): Reading {
  const { own, child } = splitChild(argv);
  let text = '';
  let call: Call | undefined;
  const program = buildProgram(version, (made) => {
    call = { command: made.command, input: { ...made.input, child } };
  });
  forEachCommand(program, (command) =>
    command
      .exitOverride()
      .configureOutput({ writeOut: (out) => (text += out), writeErr: () => {}, outputError: () => {} }),
  );
  try {
    program.parse(own, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text };
    throw usageError(error, own);
  }
  if (call === undefined) return { text: program.helpInformation() };
  if (child !== undefined && COMMANDS[call.command as 'exec'].child !== true) {
    throw new UserError('usage', `${call.command} takes no command behind --`, {
      hint: `claude-keys ${call.command} --help`,
    });
  }
  return { call };
}

/** The whole help of the program, as `claude-keys --help` prints it; the build stores it, so that it comes at once. */
export function helpText(version: string): string {
  const reading = readLine(['--help'], version);
  return 'text' in reading ? reading.text : '';
}

type MakeCall = (call: { readonly command: CommandName; readonly input: Omit<Call['input'], 'child'> }) => void;

function buildProgram(version: string, onCall: MakeCall): Command {
  const program = new Command('claude-keys')
    .description(
      'Keeps Claude API keys in the system keychain, proves that they work, rotates them without an outage and hands them over when they are needed.',
    )
    .usage('<command> [options]')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print help for the program or a command')
    .helpCommand(false)
    .configureHelp({ helpWidth: 80, subcommandTerm: shortTerm })
    .addHelpText('after', CLOSING);
  addOptions(program, GLOBAL_OPTIONS);
  for (const [name, spec] of Object.entries<CommandSpec>(COMMANDS))
    addCommand(program, name as CommandName, spec, onCall);
  return program;
}

const CLOSING = `
Begin with:  claude-keys add production
Then:        claude-keys exec production -- COMMAND
A command's own options:  claude-keys COMMAND --help`;

const GLOBAL_GROUP = 'Global options:';

/** The command with its arguments; its options are on its own help page. */
function shortTerm(command: Command): string {
  const names = [command.name(), ...command.aliases()].join(', ');
  const { child }: CommandSpec = COMMANDS[command.name() as CommandName];
  const args = command.registeredArguments.map((argument) => {
    if (child && argument.name() === 'command') return ' -- command [args...]';
    const word = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? ` <${word}>` : ` [${word}]`;
  });
  return `${names}${args.join('')}`;
}

function addCommand(program: Command, name: CommandName, spec: CommandSpec, onCall: MakeCall): void {
  const command = program
    .command(name)
    .description(spec.about)
    .aliases(spec.aliases ?? []);
  command.helpGroup(`${spec.group}:`).allowExcessArguments(false);
  for (const argument of spec.args ?? []) command.addArgument(toArgument(argument));
  if (spec.child) command.usage('[options] [name] -- command [args...]');
  addOptions(command, spec.options ?? {});
  addOptions(command, GLOBAL_OPTIONS, GLOBAL_GROUP);
  const help = new Option('--help', 'print this help');
  // Where there are no other options it would begin a list of its own, behind the global ones.
  command.addHelpOption(spec.options === undefined ? help.helpGroup(GLOBAL_GROUP) : help);
  if (spec.examples) {
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`);
  }
  command.action(() => {
    const given = optionValues(command, spec);
    refuseForeign(name, spec, command.args, given);
    onCall({ command: name, input: { args: command.args, options: complete(spec, given) } });
  });
}

/** An option of another action would do nothing. */
function refuseForeign(
  name: CommandName,
  { options = {} }: CommandSpec,
  [action = '']: readonly string[],
  given: Readonly<Record<string, unknown>>,
): void {
  const foreign = Object.entries(options).find(
    ([option, { of }]) => of !== undefined && of !== action && given[option] !== undefined && given[option] !== false,
  );
  if (foreign === undefined) return;
  const [option, { of }] = foreign;
  const place = of === '' ? `${name} alone` : `${name} ${of}`;
  throw new UserError('usage', `--${option} is for ${place}`, { hint: `see: claude-keys ${name} --help` });
}

function addOptions(command: Command, options: Readonly<Record<string, OptionSpec>>, group?: string): void {
  for (const [name, spec] of Object.entries(options)) {
    const option = new Option(spec.value === undefined ? `--${name}` : `--${name} <${spec.value}>`, helpOf(spec));
    if (spec.choices && !spec.open) option.choices([...spec.choices]);
    if (spec.many) option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    if (group !== undefined) option.helpGroup(group);
    command.addOption(option);
  }
}

function helpOf({ of, about }: OptionSpec): string {
  return of ? `${of}: ${about}` : about;
}

function toArgument({ name, about, required, many, choices }: ArgumentSpec): Argument {
  const word = many ? `${name}...` : name;
  const argument = new Argument(required ? `<${word}>` : `[${word}]`, about);
  return choices ? argument.choices([...choices]) : argument;
}

/** Commander stores `--no-verify` as `verify: false` and `--from-env` as `fromEnv`; the table's own names are used here. */
function optionValues(command: Command, spec: CommandSpec): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(spec.options ?? {}).map((name) => {
      const option = command.options.find((candidate) => candidate.long === `--${name}`);
      const value = option && command.getOptionValue(option.attributeName());
      return [name, option?.negate ? value === false : value];
    }),
  );
}

function usageError(error: CommanderError, own: readonly string[]): UserError {
  const [explanation = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = more.join(' ').replace(/^\(|\)$/g, '');
  const command = own.find((word) => Object.hasOwn(COMMANDS, word));
  return new UserError('usage', lowerFirst(explanation.replace(/\.$/, '')), {
    hint: suggestion ? lowerFirst(suggestion) : `see: claude-keys ${command ? `${command} ` : ''}--help`,
  });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function forEachCommand(program: Command, visit: (command: Command) => void): void {
  visit(program);
  for (const command of program.commands) visit(command);
}
