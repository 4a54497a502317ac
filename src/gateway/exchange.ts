import { costOf, type Nanos, toDollars, tokensOf, type Usage } from '../anthropic/prices.ts';
import type { Bearer } from '../grants/rights.ts';
import { type Amount, NOTHING, type Reservation } from '../limits/reservation.ts';
import type { AccessLine } from './access-line.ts';
import { Cancel } from './cancel.ts';
import { type Asked, isModelId } from './inspect.ts';
import { newRequestId, type Refusal } from './refusal.ts';
import { type Member, NOWHERE } from './roster.ts';
import type { Route } from './routes.ts';
import type { Metered } from './usage-meter.ts';

/** One request from its beginning to its end: what is known of it, and what it has used. */
export class Exchange implements Member {
  place = NOWHERE;
  readonly cancel = new Cancel();
  readonly method: string;
  readonly #begun = performance.now();
  readonly #time = new Date();
  route: Route | null = null;
  bearer: Bearer | null = null;
  asked: Asked | null = null;
  reservation: Reservation | null = null;
  refusal: Refusal | null = null;
  /** The service's, as soon as it has answered. */
  requestId: string | null = null;
  status: number | null = null;
  /** Whether the service may have worked for it: then what was set aside is spent unless the answer says otherwise. */
  sent = false;
  /** Its grant ended while it was under way. */
  cutOff = false;
  #firstByteMs: number | null = null;
  #usage: Usage | null = null;
  #nanos: Nanos | null = null;
  #estimated = false;

  constructor(method: string) {
    this.method = method;
  }

  get time(): Date {
    return this.#time;
  }

  answered(): void {
    this.#firstByteMs ??= performance.now() - this.#begun;
  }

  /** The id of a refusal, made when it is needed. */
  ownId(): string {
    this.requestId ??= newRequestId();
    return this.requestId;
  }

  /** What the answer said that it used. */
  count(usage: Usage, { model, estimated }: Metered): void {
    this.#usage = estimated
      ? { ...usage, output: Math.min(usage.output, this.asked?.maxTokens ?? usage.output) }
      : usage;
    this.#nanos = costOf(model ?? this.asked?.models[0] ?? '', this.#usage);
    this.#estimated = estimated;
    this.settle({ tokens: tokensOf(this.#usage), nanos: this.#nanos });
  }

  /** What was set aside counts as used: the answer did not say more. */
  countUnknown(): void {
    const most = this.asked?.most ?? NOTHING;
    if (most.nanos === 0) return;
    this.#nanos = most.nanos;
    this.#estimated = true;
    // It stays taken: there is nothing to correct.
    this.reservation = null;
  }

  /** What the messages of a batch have used, which is known long after they were asked for. */
  countMany(found: readonly Metered[]): void {
    for (const { usage, model } of found) {
      if (usage === null) continue;
      this.#nanos = (this.#nanos ?? 0) + costOf(model ?? '', usage);
      this.#usage = this.#usage === null ? usage : sum(this.#usage, usage);
    }
  }

  /** Gives back what was set aside and not used. */
  settle(used: Amount): void {
    this.reservation?.settle(used);
  }

  line(): AccessLine {
    const { grant } = this.bearer ?? {};
    return {
      time: this.#time.toISOString(),
      requestId: this.requestId,
      grant: grant?.id ?? null,
      label: grant?.label ?? null,
      key: grant?.key ?? null,
      endpoint: this.route?.endpoint ?? null,
      method: this.method,
      model: modelOf(this.asked),
      status: this.status,
      refusal: this.refusal?.type ?? null,
      tokens: this.#usage && pick(this.#usage),
      usd: this.#nanos && toDollars(this.#nanos),
      estimated: this.#estimated,
      latencyMs: round(performance.now() - this.#begun),
      firstByteMs: this.#firstByteMs && round(this.#firstByteMs),
    };
  }
}

/** Of an id that cannot be one, only that there was something. */
function modelOf(asked: Asked | null): string | null {
  const model = asked?.models[0] ?? null;
  return model === null || isModelId(model) ? model : '?';
}

function pick({ input, output, cacheRead, cacheWrite5m, cacheWrite1h }: Usage): NonNullable<AccessLine['tokens']> {
  return { input, output, cacheRead, cacheWrite5m, cacheWrite1h };
}

function sum(a: Usage, b: Usage): Usage {
  return {
    ...a,
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite5m: a.cacheWrite5m + b.cacheWrite5m,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
  };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
