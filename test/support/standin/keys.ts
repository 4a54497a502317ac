import { randomUUID } from 'node:crypto';
import { identify } from '../../../src/keys/identify.ts';
import { Secret } from '../../../src/keys/secret.ts';
import { AnalyticsBook } from './analytics.ts';
import type { Answer } from './answers.ts';
import { ConsoleBook, type ConsoleRow } from './console.ts';
import { LimitBook } from './limits.ts';
import { Shelf } from './shelf.ts';

/** What the stand-in knows of a key. */
export interface StandinKey {
  /** `inactive` is a key switched off in the Console, `expired` one past its date, `rejected` one that never was. */
  readonly state: 'active' | 'inactive' | 'expired' | 'rejected';
  readonly kind: 'api' | 'admin' | 'oauth';
  readonly organizationId: string;
  readonly organizationName: string;
  readonly workspaceId: string;
  readonly credit: boolean;
  /** Models that this key may use; null: all that there are. */
  readonly models: readonly string[] | null;
  /** Given instead of what the service would answer. */
  readonly answer: Answer | null;
  /** Waited before every answer, beside the server's own. */
  readonly latencyMs: number;
  /** Waited before each piece of a streamed text. */
  readonly pauseMs: number;
  /** Its row in the Console, which says whether it is active; null for what has none (admin keys, OAuth tokens). */
  readonly rowId: string | null;
}

export const DEFAULT_ORGANIZATION = '11111111-2222-4333-8444-555555555555';

/** The keys that exist, held by their fingerprints: the stand-in never keeps a secret. */
export class KeyBook {
  readonly shelf = new Shelf();
  readonly console = new ConsoleBook();
  readonly analytics = new AnalyticsBook();
  readonly limits = new LimitBook();
  readonly #keys = new Map<string, StandinKey>();

  /** @param row what the Console shows of it, for a key that has a row there */
  add(secret: string, options: Partial<StandinKey> = {}, row: Partial<ConsoleRow> = {}): string {
    const fingerprint = fingerprintOf(secret);
    const key = { ...newKey(secret), ...options };
    const status = key.state === 'inactive' ? 'inactive' : 'active';
    const { organizationId, kind } = key;
    const known = kind === 'api' ? this.console.add(secret, { organizationId, status, ...row }) : null;
    this.#keys.set(fingerprint, { ...key, rowId: known?.id ?? null });
    return fingerprint;
  }

  /** @param key the secret, or its fingerprint */
  change(key: string, options: Partial<StandinKey>): void {
    const fingerprint = key.startsWith('sha256:') ? key : fingerprintOf(key);
    const known = this.#keys.get(fingerprint);
    if (known === undefined) throw new Error(`the stand-in has no key ${fingerprint}`);
    this.#keys.set(fingerprint, { ...known, ...options });
    const status = options.state === 'active' || options.state === 'inactive' ? options.state : undefined;
    if (known.rowId !== null && status !== undefined) this.console.set(known.rowId, { status });
  }

  /** With the state that its row gives it now. */
  find(fingerprint: string): StandinKey | undefined {
    const key = this.#keys.get(fingerprint);
    if (key === undefined || key.rowId === null || (key.state !== 'active' && key.state !== 'inactive')) return key;
    return { ...key, state: this.console.state(key.rowId) };
  }
}

export function fingerprintOf(secret: string): string {
  return identify(new Secret(secret)).fingerprint;
}

function newKey(secret: string): StandinKey {
  const kind = secret.startsWith('sk-ant-admin01-') ? 'admin' : secret.startsWith('sk-ant-oat01-') ? 'oauth' : 'api';
  return {
    state: 'active',
    kind,
    organizationId: DEFAULT_ORGANIZATION,
    organizationName: 'Example',
    workspaceId: `wrkspc_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
    credit: true,
    models: null,
    answer: null,
    latencyMs: 0,
    pauseMs: 0,
    rowId: null,
  };
}
