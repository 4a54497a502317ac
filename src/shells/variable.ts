import { UserError } from '../errors.ts';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The name, if every shell takes it for the name of a variable: it is put into generated code as it is.
 * @throws {UserError} `usage` for any other text.
 */
export function checkVariable(name: string): string {
  if (VARIABLE.test(name)) return name;
  throw new UserError('usage', `${JSON.stringify(name.slice(0, 80))} is not a variable name`, {
    hint: 'a name has letters, digits and underscores and does not begin with a digit: --var ANTHROPIC_API_KEY',
  });
}
