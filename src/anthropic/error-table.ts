import type { CheckStatus } from '../keys/entry.ts';
import { CHEAPEST_MODEL, CONSOLE, lastDayOf } from './facts.ts';

/** What was asked, and what a message may tell of the answer. */
export interface Asked {
  readonly model: string | null;
  /** Seconds until another try makes sense; null when the service did not say. */
  readonly retryAfter: number | null;
}

/** Which errors of the service a row is for, and what they say of the credential. */
export interface Row {
  readonly http: number;
  readonly type?: string;
  readonly code?: string;
  readonly begins?: string;
  readonly status: CheckStatus;
  readonly authenticated: boolean | null;
  readonly say: string | ((asked: Asked) => string);
}

/**
 * API-FACTS.md, "Errors". The first row that fits counts: codes first, then beginnings of messages (only where nothing
 * else tells), then types. What no row names says nothing of the key: a wrong "rejected" makes people throw a working
 * key away.
 */
export const ROWS: readonly Row[] = [
  {
    http: 400,
    code: 'organization_on_hold',
    status: 'disabled',
    authenticated: true,
    say: 'the organization of this key is on hold; its owner must write to Anthropic support',
  },
  {
    http: 400,
    code: 'claude_code_key_creator_not_member',
    status: 'forbidden',
    authenticated: true,
    say: `whoever made this key has left the organization; make another one at ${CONSOLE.keys}`,
  },
  {
    // SDK, `resources/shared.ts`: the network it came from is to blame, and not the key.
    http: 403,
    code: 'sandbox_egress_restricted',
    status: 'undecided',
    authenticated: null,
    say: 'this machine is a sandbox that may not call the service; test the key from elsewhere',
  },
  {
    http: 429,
    code: 'enforced_spend_limit_reached',
    status: 'limited',
    authenticated: true,
    say: `the monthly limit of the organization's tier is reached; see ${CONSOLE.limits}`,
  },
  {
    http: 429,
    code: 'contract_spend_limit_reached',
    status: 'limited',
    authenticated: true,
    say: "the spend limit of the organization's contract is reached; ask your contact at Anthropic",
  },
  {
    http: 429,
    code: 'ramp_limit_exceeded',
    status: 'limited',
    authenticated: true,
    say: ({ retryAfter }) => `its use grows too fast just now; ${again(retryAfter)}`,
  },
  {
    http: 400,
    begins: 'Your credit balance is too low',
    status: 'no_credit',
    authenticated: true,
    say: `the account has no credit left; add some at ${CONSOLE.billing}`,
  },
  {
    http: 400,
    begins: 'You have reached your specified',
    status: 'limited',
    authenticated: true,
    say: `a spend limit of your own is reached; raise it at ${CONSOLE.limits}`,
  },
  {
    http: 400,
    begins: 'This organization has been disabled',
    status: 'disabled',
    authenticated: true,
    say: 'the organization of this key has been disabled; its owner must write to Anthropic support',
  },
  {
    http: 404,
    type: 'not_found_error',
    begins: 'model: ',
    status: 'model_unavailable',
    authenticated: true,
    say: noModel,
  },
  {
    http: 401,
    type: 'authentication_error',
    status: 'rejected',
    authenticated: false,
    say: `the service does not accept it: revoked, switched off, expired or mistyped; make another one at ${CONSOLE.keys}`,
  },
  {
    http: 402,
    type: 'billing_error',
    status: 'no_credit',
    authenticated: true,
    say: `the account has a billing problem; see ${CONSOLE.billing}`,
  },
  {
    http: 403,
    type: 'permission_error',
    status: 'forbidden',
    authenticated: true,
    say: 'the key is accepted, but not for this call, model or region; see its workspace in the Console',
  },
  {
    http: 429,
    type: 'rate_limit_error',
    status: 'limited',
    authenticated: true,
    say: ({ retryAfter }) => `too many requests just now; ${again(retryAfter)}`,
  },
];

function noModel({ model }: Asked): string {
  const lastDay = model === null ? null : lastDayOf(model);
  const why = lastDay === null ? 'does not exist or is not open to this key' : `was retired on ${lastDay}`;
  return `the key is accepted, but the model ${model ?? ''} ${why}; try: --model ${CHEAPEST_MODEL}`;
}

function again(seconds: number | null): string {
  return seconds === null ? 'try again later' : `try again in ${seconds} s`;
}
