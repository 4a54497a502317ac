import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import type { KeyKind } from '../keys/entry.ts';
import type { CheckOptions } from './check.ts';
import type { Call } from './client.ts';
import { CHEAPEST_MODEL, lastDayOf } from './facts.ts';

/** One way to test a credential (API-FACTS.md, "Checks, cheapest first"). */
export interface Probe {
  /** The model that is asked; null when none is. */
  readonly model: string | null;
  readonly call: Call;
  /** Whether a body is what this call answers when it succeeds. Anything else with status 200 is not the service's. */
  fits(body: Readonly<Record<string, unknown>>): boolean;
  /** What a success means, for a person. */
  readonly success: string;
}

/** @throws {UserError} `bad_config` when the model must come from config.json, which is not right. */
export function probeFor(ctx: Context, kind: KeyKind, { model, free }: CheckOptions): Probe {
  if (kind === 'admin') return ORGANIZATION;
  if (free) return MODELS;
  return message(model ?? readConfig(ctx).verifyModel ?? CHEAPEST_MODEL);
}

function message(model: string): Probe {
  const lastDay = lastDayOf(model);
  return {
    model,
    call: (client, signal) =>
      client.messages.create({ model, max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] }, { signal }),
    fits: ({ type, role, id, content }) =>
      type === 'message' && role === 'assistant' && typeof id === 'string' && Array.isArray(content),
    success: lastDay === null ? 'works' : `works; ${model} ends on ${lastDay}`,
  };
}

const MODELS: Probe = {
  model: null,
  call: (client, signal) => client.models.list({ limit: 1 }, { signal }),
  fits: ({ data, has_more: hasMore }) => Array.isArray(data) && typeof hasMore === 'boolean',
  success: 'accepted; credit and models were not tested',
};

/** Admin keys: Messages rejects them, working or not. */
const ORGANIZATION: Probe = {
  model: null,
  call: (client, signal) => client.organization.retrieve({ signal }),
  fits: ({ type, id }) => type === 'organization' && typeof id === 'string',
  success: 'works as an admin key',
};
