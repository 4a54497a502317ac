import { statusOf } from '../grants/grant.ts';
import { type Bearer, bearerOf } from '../grants/rights.ts';
import type { GrantStore } from '../grants/store.ts';
import { hashOf } from '../grants/token.ts';
import { pollEvery } from './poll.ts';

const POLL_MS = 250;
/** Who cannot be asked whether a grant was revoked is not believed for longer than this. */
const STALE_MS = 900;

/** A token beside those in the store, made for one child. */
export interface OwnToken {
  readonly hash: string;
  /** The stored grant that it stands for, whose rights it has as they are at each moment; or one that is nowhere else. */
  readonly grant: string | Bearer;
}

/** The grants as they are now: what was revoked or made is known within a second. */
export class LiveGrants {
  readonly #store: GrantStore;
  readonly #own: OwnToken | null;
  readonly #strangers: boolean;
  readonly #onChange: () => void;
  #byHash = new Map<string, Bearer>();
  #byId = new Map<string, Bearer>();
  #version: string | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopLooking = () => {};
  #looking: Promise<void> | null = null;

  /**
   * @param strangers whether the tokens of the stored grants are taken too
   * @param onChange called when grants have changed: some of those that are in use may have ended
   */
  constructor(
    store: GrantStore,
    { own, strangers = true }: { readonly own?: OwnToken; readonly strangers?: boolean },
    onChange: () => void,
  ) {
    this.#store = store;
    this.#own = own ?? null;
    this.#strangers = strangers;
    this.#onChange = onChange;
  }

  /** Reads the grants, and goes on to look for changes. */
  async open(): Promise<void> {
    await this.#look();
    this.#stopLooking = pollEvery(POLL_MS, () => this.#look());
  }

  /**
   * Looks anew at grants that were not looked at for too long.
   * @returns null when there is nothing to wait for
   * @throws when it cannot be known whether the grants are still those that were read
   */
  freshen(): Promise<void> | null {
    return this.#isStale() ? this.#lookNow() : null;
  }

  /** Whose token that is; after {@link freshen}. */
  find(token: string): Bearer | undefined {
    const hash = hashOf(token);
    if (hash === this.#own?.hash) return this.#ofOwnToken();
    return this.#strangers ? this.#byHash.get(hash) : undefined;
  }

  /** Whether a grant that was found before is still one. */
  isOpen({ grant }: Bearer, now: Date): boolean {
    const own = this.#ofOwnToken();
    const current = this.#byId.get(grant.id) ?? (own?.grant.id === grant.id ? own : undefined);
    return current !== undefined && statusOf(current.grant, now) === 'active';
  }

  get count(): number {
    return this.#byHash.size;
  }

  close(): void {
    this.#stopLooking();
  }

  #ofOwnToken(): Bearer | undefined {
    const grant = this.#own?.grant;
    return typeof grant === 'string' ? this.#byId.get(grant) : grant;
  }

  #isStale(): boolean {
    return performance.now() - this.#lookedAt > STALE_MS;
  }

  /** A busy machine may have let the last look wait: once for all that ask at the same time. */
  async #lookNow(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    const version = await this.#store.version();
    if (version !== this.#version) {
      const grants = await this.#store.list();
      const bearers = grants.map(bearerOf);
      this.#byHash = new Map(bearers.map((bearer) => [bearer.grant.hash, bearer]));
      this.#byId = new Map(bearers.map((bearer) => [bearer.grant.id, bearer]));
      this.#version = version;
      this.#onChange();
    }
    this.#lookedAt = begun;
  }
}
