import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { resolveKey } from '../keys/resolve.ts';
import { checkVariable } from '../shells/variable.ts';
import { one, type Wanted } from './exec.ts';
import type { InputOf } from './table.ts';

/**
 * What `--set VAR=NAME` asks for, each, and the key that is named beside them, if one is.
 * @throws {UserError} `usage`, `bad_name`, `key_not_found`
 */
export function several(ctx: Context, input: InputOf<'exec'>): Wanted[] {
  const { set, var: variable } = input.options;
  const named = input.args[0] !== undefined;
  if (variable !== undefined && !named) {
    throw new UserError('usage', '--var is for a key that is named, and none is', {
      hint: `write: --set ${variable}=NAME`,
    });
  }
  const wanted = [...(named ? [one(ctx, input)] : []), ...set.map((assignment) => parse(ctx, assignment))];
  const variables = wanted.map((each) => each.variable);
  const twice = variables.find((each, at) => variables.indexOf(each) !== at);
  if (twice === undefined) return wanted;
  throw new UserError('usage', `${twice} is asked for twice`, {
    hint: 'give each key a variable of its own: --set VAR=NAME',
  });
}

function parse(ctx: Context, assignment: string): Wanted {
  const at = assignment.indexOf('=');
  if (at < 0) {
    throw new UserError('usage', `${JSON.stringify(assignment.slice(0, 80))} is no VAR=NAME`, {
      hint: 'write a variable and the name of a key: --set ANTHROPIC_API_KEY=production',
    });
  }
  const variable = checkVariable(assignment.slice(0, at));
  const { entry, because } = resolveKey(ctx, assignment.slice(at + 1));
  return { variable, entry, because };
}
