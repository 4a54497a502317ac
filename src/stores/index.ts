import type { StoreEntry, StoreKind } from './store.ts';

/** The stores, in order of preference for a new key. Each loads its parts when it is used. */
export const STORES: Readonly<Record<StoreKind, StoreEntry>> = {
  keychain: {
    kind: 'keychain',
    label: 'the system keychain',
    unavailable: async (ctx) => (await import('./keychain/index.ts')).unavailable(ctx),
    open: async (ctx) => (await import('./keychain/index.ts')).open(ctx),
  },
  file: {
    kind: 'file',
    label: 'an encrypted file',
    unavailable: async () => null,
    open: async (ctx) => (await import('./file/index.ts')).open(ctx),
  },
};
