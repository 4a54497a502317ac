import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import type { Secret } from '../../keys/secret.ts';
import { type Anthropic, type Call, createClient, perform } from '../client.ts';
import { withDeadline } from '../deadline.ts';
import { type Endpoint, resolveEndpoint } from '../endpoint.ts';
import { type Attempt, failureOf, readAttempt } from './attempt.ts';

/** A question to the Admin API. */
export interface AdminCall<T> {
  /** What it is about, for messages: "the keys of the organization". */
  readonly about: string;
  readonly call: Call;
  /** The answer in our terms; null for a body that this call never answers. */
  read(body: Readonly<Record<string, unknown>>): T | null;
}

export interface AdminOptions {
  /** For one try. Default 10 000. */
  readonly timeoutMs?: number;
  /** For a call with all its tries. Default 60 000. */
  readonly patienceMs?: number;
}

const FIRST_PAUSE_MS = 250;
const MOST_TRIES = 6;

/**
 * The Admin API with one admin key. Every call is one that may be made twice (a look, or a status to be set), so one
 * that met a limit, a fault of the service or no answer is made again, as late as `retry-after` says; a limit holds
 * back every other call of this object too.
 */
export class Admin {
  readonly #client: Anthropic;
  readonly #endpoint: Endpoint;
  readonly #timeoutMs: number;
  readonly #patienceMs: number;
  readonly #now: () => Date;
  #notBefore = 0;
  #skewMs: number | null = null;

  private constructor(ctx: Context, client: Anthropic, endpoint: Endpoint, { timeoutMs, patienceMs }: AdminOptions) {
    this.#now = ctx.now;
    this.#client = client;
    this.#endpoint = endpoint;
    this.#timeoutMs = timeoutMs ?? 10_000;
    this.#patienceMs = patienceMs ?? 60_000;
  }

  /** @throws {UserError} `untrusted_host`, `bad_config` as `resolveEndpoint` does. */
  static async open(ctx: Context, secret: Secret, options: AdminOptions = {}): Promise<Admin> {
    const endpoint = resolveEndpoint(ctx);
    return new Admin(ctx, await createClient(endpoint, secret, 'admin'), endpoint, options);
  }

  /** How far this machine's clock is ahead of the service's, in milliseconds; 0 where the service does not say. */
  async clockSkew(): Promise<number> {
    if (this.#skewMs === null) {
      await this.ask({
        about: 'the organization',
        call: (client, signal) => client.organization.retrieve({ signal }),
        read: ({ id }) => (typeof id === 'string' ? id : null),
      });
    }
    return this.#skewMs ?? 0;
  }

  /**
   * @throws {UserError} `key_rejected` when the admin key is not accepted, `console_refused` when it may not do this or
   *   the service refuses the change, `console_key_not_found` for what is not there, `undecided` when there was no
   *   answer that says anything within the patience.
   */
  async ask<T>(question: AdminCall<T>): Promise<T> {
    const until = performance.now() + this.#patienceMs;
    for (let tries = 1; ; tries += 1) {
      await this.#untilAllowed();
      const attempt = await this.#try(question);
      if (attempt.kind === 'answer') return attempt.value;
      const pause = attempt.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (tries - 1);
      const again = attempt.again && tries < MOST_TRIES && performance.now() + pause < until;
      if (!again) throw failureOf(attempt, question.about, this.#endpoint.host);
      if (attempt.retryAfterMs === null) await sleep(pause);
      else this.#notBefore = Math.max(this.#notBefore, performance.now() + attempt.retryAfterMs);
    }
  }

  async #try<T>(question: AdminCall<T>): Promise<Attempt<T>> {
    const outcome = await withDeadline(this.#timeoutMs, (signal) => perform(this.#client, question.call, signal));
    if (outcome !== 'late' && outcome.kind === 'answer') this.#noteClock(outcome.headers.get('date'));
    return readAttempt(outcome, question);
  }

  #noteClock(date: string | null): void {
    const at = Date.parse(date ?? '');
    if (!Number.isNaN(at)) this.#skewMs = this.#now().getTime() - at;
  }

  async #untilAllowed(): Promise<void> {
    for (let left = 1; left > 0; ) {
      left = this.#notBefore - performance.now();
      if (left > 0) await sleep(left);
    }
  }
}

/** Every item of a list, page after page. `list` makes the call for the page behind the id. */
export async function askAll<T extends { readonly id: string }>(
  admin: Admin,
  about: string,
  list: (afterId: string | undefined) => Call,
  readItem: (item: Readonly<Record<string, unknown>>) => T | null,
): Promise<T[]> {
  const items: T[] = [];
  for (let afterId: string | undefined; ; ) {
    const page = await admin.ask({ about, call: list(afterId), read: (body) => readPage(body, readItem) });
    items.push(...page.items);
    // A page that leads nowhere new would be asked for again and again.
    if (page.next === null || page.next === afterId) return items;
    afterId = page.next;
  }
}

function readPage<T>(
  { data, has_more: hasMore, last_id: lastId }: Readonly<Record<string, unknown>>,
  readItem: (item: Readonly<Record<string, unknown>>) => T | null,
): { items: T[]; next: string | null } | null {
  if (!Array.isArray(data) || typeof hasMore !== 'boolean') return null;
  const items = data.map((item) => readItem(Object(item)));
  if (items.includes(null)) return null;
  return { items: items as T[], next: hasMore && typeof lastId === 'string' ? lastId : null };
}
