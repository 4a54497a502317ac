import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { startGateway } from '../gateway/gateway.ts';
import { placeOf } from '../gateway/listen.ts';
import { untilSignal } from '../gateway/until-signal.ts';
import { redisAddress } from '../redis/address.ts';
import type { InputOf } from './table.ts';

/** Requests under way get so long to end when the gateway is told to. */
const GRACE_MS = 10_000;

export async function run(ctx: Context, { args, options }: InputOf<'gateway'>): Promise<ExitCode> {
  if (args[0] === 'logs') return (await import('./gateway-logs.ts')).run(ctx, options);
  const { host: hosts, metrics } = options;
  const place = placeOf(ctx, options);
  const ended = untilSignal();
  const gateway = await startGateway(ctx, { place, redis: redisAddress(ctx, options.redis), metrics, hosts });
  const { address, grants } = gateway;
  await audit(ctx, { detail: `start at ${address}` });
  if (ctx.ui.json) ctx.ui.document({ gateway: { address, pid: ctx.pid, grants } });
  else ctx.ui.data(`${address}\n`);
  if (place.kind === 'tcp') ctx.ui.done(`Programs use it with ANTHROPIC_BASE_URL=${address} and a token as their key.`);
  if (grants === 0) ctx.ui.done('There are no grants yet. Make one: claude-keys grant create --label ci');
  ctx.ui.done('Ctrl-C ends it.');
  await ended;
  ctx.ui.done('Ending, when the requests under way have ended.');
  await gateway.close(GRACE_MS);
  return EXIT.ok;
}
