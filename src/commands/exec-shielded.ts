import { shieldedEnvironment } from '../child/environment.ts';
import { prepareBeside } from '../child/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { startPrivateGateway } from '../gateway/private.ts';
import { redisAddress } from '../redis/address.ts';
import { toExit } from './exec.ts';
import type { ChildExit } from './index.ts';
import type { InputOf } from './table.ts';

/** Runs the command with a token and the address of a gateway of its own; the key stays in this process. */
export async function run(
  ctx: Context,
  { args, options }: InputOf<'exec'>,
  command: readonly string[],
): Promise<ChildExit> {
  const { grant, redis, var: variable, set } = options;
  if (variable !== undefined || set.length > 0) {
    throw new UserError('usage', `${set.length > 0 ? '--set' : '--var'} cannot be used with --shield and --grant`, {
      hint: 'the child gets ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY, which every SDK reads',
    });
  }
  if (redis !== undefined && grant === undefined) {
    throw new UserError('usage', 'exec takes --redis with --grant only', { hint: 'name a grant: --grant LABEL' });
  }
  const address = grant === undefined ? undefined : redisAddress(ctx, redis);
  const gateway = await startPrivateGateway(ctx, { name: args[0], grant, redis: address });
  try {
    const { env, removed } = shieldedEnvironment(ctx.env, gateway.address, gateway.token.reveal());
    ctx.ui.detail(`a gateway at ${gateway.address} stands for the key ${gateway.key}`);
    if (removed.length > 0) ctx.ui.detail(`removed from the environment: ${removed.join(', ')}`);
    const launch = await prepareBeside(command, env['PATH']);
    return toExit(ctx, await launch.run(env));
  } finally {
    await gateway.close();
  }
}
