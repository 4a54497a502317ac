import { afterAll, beforeAll, describe, vi } from 'vitest';
import { openStore } from '../../../src/stores/at.ts';
import { TestMachine } from '../../support/host.ts';
import { type Google, startGoogle } from '../../support/managers/google.ts';
import { perName } from '../../support/managers/per-name.ts';
import { storeContract } from '../../support/store-contract.ts';

// Servers, clients and a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

describe('Google Secret Manager, from its published protos', () => {
  let google: Google;

  beforeAll(async () => {
    google = await startGoogle();
  });

  afterAll(() => google?.stop());

  storeContract('a secret that is the key', () =>
    perName((name) =>
      openStore(new TestMachine().context({ env: { ...google.env } }), `gcp-sm://test-project/${name}`),
    ),
  );
});
