import { randomUUID } from 'node:crypto';
import { identify } from '../../../src/keys/identify.ts';
import { Secret } from '../../../src/keys/secret.ts';
import type { Answer } from './answers.ts';

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
}

export const DEFAULT_ORGANIZATION = '11111111-2222-4333-8444-555555555555';

/** The keys that exist, held by their fingerprints: the stand-in never keeps a secret. */
export class KeyBook {
  readonly #keys = new Map<string, StandinKey>();

  add(secret: string, options: Partial<StandinKey> = {}): string {
    const fingerprint = fingerprintOf(secret);
    this.#keys.set(fingerprint, { ...newKey(secret), ...options });
    return fingerprint;
  }

  /** @param key the secret, or its fingerprint */
  change(key: string, options: Partial<StandinKey>): void {
    const fingerprint = key.startsWith('sha256:') ? key : fingerprintOf(key);
    const known = this.#keys.get(fingerprint);
    if (known === undefined) throw new Error(`the stand-in has no key ${fingerprint}`);
    this.#keys.set(fingerprint, { ...known, ...options });
  }

  find(fingerprint: string): StandinKey | undefined {
    return this.#keys.get(fingerprint);
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
  };
}
