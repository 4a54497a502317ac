import type { SlotName } from '../../keys/slot.ts';

/** The service under which every key is kept; the account is the slot's name, the password the raw secret. */
export const SERVICE = 'claude-keys';

/** One call to the keychain, as data: it may have to be made by another process. */
export type Request =
  | { readonly operation: 'get'; readonly account: SlotName }
  | { readonly operation: 'set'; readonly account: SlotName; readonly value: string }
  | { readonly operation: 'delete'; readonly account: SlotName };

/** What was found (`get`), whether there was something (`delete`), or true (`set`). */
export type Answer = string | boolean | null;

/** Makes a call; rejects with what keytar said. */
export type Caller = (request: Request) => Promise<Answer>;

/** True for an answer that a locked keychain gives as well, as if there were nothing in it. */
export function saysNothing(answer: Answer): boolean {
  return answer === null || answer === false;
}
