import type { StoreEntry, StoreKind } from './store.ts';

/** The stores, those of the machine in order of preference for a new key. Each loads its parts when it is used. */
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
  vault: {
    kind: 'vault',
    label: 'Vault',
    unavailable: async () => null,
    open: async (ctx, place) => (await import('./vault/index.ts')).open(ctx, place),
  },
  'aws-sm': {
    kind: 'aws-sm',
    label: 'AWS Secrets Manager',
    unavailable: async () => null,
    open: async (ctx, place) => (await import('./aws-sm/index.ts')).open(ctx, place),
  },
  'gcp-sm': {
    kind: 'gcp-sm',
    label: 'Google Secret Manager',
    unavailable: async () => null,
    open: async (ctx, place) => (await import('./gcp-sm/index.ts')).open(ctx, place),
  },
};
