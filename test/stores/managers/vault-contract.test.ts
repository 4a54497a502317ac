import { afterAll, beforeAll, describe, vi } from 'vitest';
import { openStore } from '../../../src/stores/at.ts';
import { TestMachine } from '../../support/host.ts';
import { startVault, type Vault } from '../../support/managers/bao.ts';
import { perName } from '../../support/managers/per-name.ts';
import { requireServer, VAULT } from '../../support/managers/tools.ts';
import { storeContract } from '../../support/store-contract.ts';

// Servers, clients and a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(!requireServer('vault or bao', VAULT))('a real Vault', () => {
  let vault: Vault;

  beforeAll(async () => {
    vault = await startVault();
  }, 60_000);

  afterAll(() => vault?.stop());

  const at = (mount: string, field: string) => () =>
    perName((name) =>
      openStore(new TestMachine().context({ env: { ...vault.env } }), `vault://${mount}/a/${name}${field}`),
    );

  storeContract('version 2', at('secret', ''));
  storeContract('version 1', at('kv1', ''));
});
