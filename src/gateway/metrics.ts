import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { priceOf } from '../anthropic/prices.ts';
import type { AccessLine } from './access-line.ts';

/** Counts for Prometheus. Labels hold names of grants and keys, which are no secrets, and models that are known. */
export interface Metrics {
  readonly contentType: string;
  begin(): void;
  end(line: AccessLine): void;
  text(): Promise<string>;
}

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** By prom-client. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const who = ['grant', 'key', 'model'] as const;
  const requests = new Counter({
    name: 'claude_keys_requests_total',
    help: 'Requests, by what became of them',
    labelNames: [...who, 'endpoint', 'status'],
    registers,
  });
  const refusals = new Counter({
    name: 'claude_keys_refusals_total',
    help: 'Requests that the gateway answered itself, by the type of the error',
    labelNames: ['grant', 'reason'],
    registers,
  });
  const tokens = new Counter({
    name: 'claude_keys_tokens_total',
    help: 'Tokens used, by kind',
    labelNames: [...who, 'kind'],
    registers,
  });
  const cost = new Counter({
    name: 'claude_keys_cost_dollars_total',
    help: 'US dollars by list prices',
    labelNames: who,
    registers,
  });
  const labels = { labelNames: ['endpoint'], buckets: SECONDS, registers };
  const duration = new Histogram({ name: 'claude_keys_request_seconds', help: 'To the end of the answer', ...labels });
  const firstByte = new Histogram({ name: 'claude_keys_first_byte_seconds', help: 'To its first byte', ...labels });
  const underWay = new Gauge({ name: 'claude_keys_requests_in_flight', help: 'Requests under way', registers });
  return {
    contentType: registry.contentType,
    begin: () => underWay.inc(),
    end(line) {
      underWay.dec();
      const grant = line.label ?? '';
      const endpoint = line.endpoint ?? 'none';
      const by = { grant, key: line.key ?? '', model: knownModel(line.model) };
      requests.inc({ ...by, endpoint, status: line.status ?? 'none' });
      if (line.refusal !== null) refusals.inc({ grant, reason: line.refusal });
      for (const [kind, count] of Object.entries(line.tokens ?? {})) if (count > 0) tokens.inc({ ...by, kind }, count);
      if (line.usd) cost.inc(by, line.usd);
      duration.observe({ endpoint }, line.latencyMs / 1000);
      if (line.firstByteMs !== null) firstByte.observe({ endpoint }, line.firstByteMs / 1000);
    },
    text: () => registry.metrics(),
  };
}

/** Clients choose what they call a model: as labels they could fill the memory. */
function knownModel(model: string | null): string {
  if (model === null) return '';
  return priceOf(model) === null ? 'other' : model;
}
