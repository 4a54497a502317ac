import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { chooseKey } from '../keys/chosen.ts';
import { checkVariable } from '../shells/variable.ts';
import { one, type Wanted } from './exec.ts';
import type { InputOf } from './table.ts';

/**
 * What `--set VAR=NAME` asks for, each, and the key that is named beside them, if one is.
 * @throws {UserError} `usage`, `bad_name`, `key_not_found`
 */
export async function several(ctx: Context, input: InputOf<'exec'>): Promise<Wanted[]> {
  const { set, from, var: variable } = input.options;
  const named = input.args[0] !== undefined || from !== undefined;
  if (from !== undefined && variable === undefined) {
    throw new UserError('usage', 'beside --set, --from goes to a variable that is named', {
      hint: `name it: --from ${from} --var ANTHROPIC_API_KEY`,
    });
  }
  if (variable !== undefined && !named) {
    throw new UserError('usage', '--var is for a key that is named, and none is', {
      hint: `write: --set ${variable}=NAME`,
    });
  }
  const wanted = await Promise.all([
    ...(named ? [one(ctx, input)] : []),
    ...set.map((assignment) => parse(ctx, assignment)),
  ]);
  const variables = wanted.map((each) => each.variable);
  const twice = variables.find((each, at) => variables.indexOf(each) !== at);
  if (twice === undefined) return wanted;
  throw new UserError('usage', `${twice} is asked for twice`, {
    hint: 'give each key a variable of its own: --set VAR=NAME',
  });
}

async function parse(ctx: Context, assignment: string): Promise<Wanted> {
  const at = assignment.indexOf('=');
  if (at < 0) {
    throw new UserError('usage', `${JSON.stringify(assignment.slice(0, 80))} is no VAR=NAME`, {
      hint: 'write a variable and the name of a key: --set ANTHROPIC_API_KEY=production',
    });
  }
  const variable = checkVariable(assignment.slice(0, at));
  return { variable, key: await chooseKey(ctx, assignment.slice(at + 1), undefined) };
}
