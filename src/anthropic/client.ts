import type { Anthropic, ClientOptions } from '@anthropic-ai/sdk';
import type { KeyKind } from '../keys/entry.ts';
import type { Secret } from '../keys/secret.ts';
import { VERSION } from '../version.ts';
import type { Endpoint } from './endpoint.ts';
import { ADMIN_BETAS, API_VERSION, OAUTH_BETA } from './facts.ts';

export type { Anthropic } from '@anthropic-ai/sdk';

/** What came of a call: an answer in HTTP's terms, or why there was none. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly httpStatus: number;
      readonly headers: Headers;
      /** The body, if it was whole and JSON; otherwise undefined. */
      readonly body: unknown;
    }
  | { readonly kind: 'failure'; readonly error: unknown };

/** A call of the SDK, to be answered raw: what the answer is worth is decided in verdict.ts, not by the SDK's parser. */
export type Call = (client: Anthropic, signal: AbortSignal) => { asResponse(): Promise<Response> };

type Fetch = NonNullable<ClientOptions['fetch']>;

/**
 * The official SDK with everything pinned that it would take from the environment, so that one credential goes to one
 * host and nothing is logged.
 */
export async function createClient(endpoint: Endpoint, secret: Secret, kind: KeyKind): Promise<Anthropic> {
  // Loaded here and not above: it takes longer to load than everything else together.
  const sdk = await import('@anthropic-ai/sdk');
  const value = secret.reveal();
  return new sdk.Anthropic({
    ...(kind === 'oauth' ? { authToken: value } : { apiKey: value }),
    baseURL: endpoint.baseURL,
    webhookKey: null,
    maxRetries: 0,
    // The caller's signal ends the call; this one, of the SDK, ends with the headers.
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    openTelemetry: false,
    fetch: exactFetch(value, kind),
  });
}

/** Makes the call. A failure of any kind is an outcome. */
export async function perform(client: Anthropic, call: Call, signal: AbortSignal): Promise<Outcome> {
  try {
    const response = await withoutWarnings(() => call(client, signal)).asResponse();
    const body = await response.text().then(parseJson, () => undefined);
    return { kind: 'answer', httpStatus: response.status, headers: response.headers, body };
  } catch (error) {
    const { status, headers, error: body } = Object(error) as Partial<Record<string, unknown>>;
    if (typeof status === 'number' && headers instanceof Headers) {
      return { kind: 'answer', httpStatus: status, headers, body };
    }
    return { kind: 'failure', error };
  }
}

/**
 * Sends these headers and no others: `ANTHROPIC_CUSTOM_HEADERS`, which the SDK mixes in and which nothing can switch
 * off, could put another credential in place of the one that is tested. A redirect is not followed but returned: the
 * key is for one host.
 */
function exactFetch(value: string, kind: KeyKind): Fetch {
  return (input, init = {}) => {
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${value}`,
      'anthropic-version': API_VERSION,
      'user-agent': `claude-keys/${VERSION}`,
    };
    if (init.body) headers['content-type'] = 'application/json';
    if (kind === 'oauth') headers['anthropic-beta'] = OAUTH_BETA;
    const betas = kind === 'admin' ? new Headers(init.headers).get('anthropic-beta') : null;
    const own = betas?.split(/\s*,\s*/).filter((beta) => ADMIN_BETAS.includes(beta)) ?? [];
    if (own.length > 0) headers['anthropic-beta'] = own.join(',');
    return fetch(input, { ...init, headers, redirect: 'manual' });
  };
}

/**
 * The SDK warns of models that are about to end on the console, whatever its log level (`resources/messages`). The
 * warning is written before the call returns its promise, so nothing else runs while the console is silent.
 */
function withoutWarnings<T>(work: () => T): T {
  const { warn } = console;
  console.warn = () => {};
  try {
    return work();
  } finally {
    console.warn = warn;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
