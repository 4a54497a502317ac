import { createInterface } from 'node:readline';
import { realHost } from '../../src/context.ts';
import { UserError } from '../../src/errors.ts';
import { Secret } from '../../src/keys/secret.ts';
import type { SlotName } from '../../src/keys/slot.ts';
import { unavailable } from '../../src/stores/keychain/index.ts';
import { PATIENCE } from '../../src/stores/keychain/patience.ts';
import { keychainState } from '../../src/stores/keychain/state.ts';
import { KeychainStore, realParts } from '../../src/stores/keychain/store.ts';
import { createUi } from '../../src/terminal/ui.ts';

/**
 * The keychain store in a process of its own, because keytar takes the session from its process's environment once and
 * can end that process: a request a line on standard input, a reply a line on standard output. Built by
 * `keychain-process.ts`.
 */
export type DriverRequest =
  | { readonly id: number; readonly operation: 'get' | 'delete'; readonly slot: string }
  | { readonly id: number; readonly operation: 'set'; readonly slot: string; readonly value: string }
  | { readonly id: number; readonly operation: 'unavailable' | 'state' };

export type DriverReply = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly failure: { readonly code: string; readonly exitCode: number; message: string; hint: string | null } }
);

const host = realHost();
const ui = createUi(host, { json: false, quiet: false, noColor: false, verbose: false });
const ctx = { ...host, ui, command: 'test' };
const scale = Number(host.env['DRIVER_PATIENCE_MS'] ?? PATIENCE.withoutTerminal) / PATIENCE.withoutTerminal;
const store = new KeychainStore(ctx, {
  ...realParts(ctx),
  patience: {
    notice: PATIENCE.notice * scale,
    withTerminal: PATIENCE.withTerminal * scale,
    withoutTerminal: PATIENCE.withoutTerminal * scale,
  },
});

createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line) as DriverRequest;
  void answer(request).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`));
});

async function answer(request: DriverRequest): Promise<DriverReply> {
  const { id } = request;
  try {
    return { id, result: await perform(request) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, exitCode, message, hint = null } = error;
    return { id, failure: { code, exitCode, message, hint } };
  }
}

async function perform(request: DriverRequest): Promise<unknown> {
  switch (request.operation) {
    case 'get':
      return (await store.get(request.slot as SlotName))?.reveal() ?? null;
    case 'set':
      return (await store.set(request.slot as SlotName, new Secret(request.value))) ?? null;
    case 'delete':
      return store.delete(request.slot as SlotName);
    case 'unavailable':
      return unavailable(ctx);
    case 'state':
      return keychainState(ctx);
  }
}
