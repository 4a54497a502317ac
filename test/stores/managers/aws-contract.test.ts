import { afterAll, beforeAll, describe, vi } from 'vitest';
import { openStore } from '../../../src/stores/at.ts';
import { TestMachine } from '../../support/host.ts';
import { type Aws, startAws } from '../../support/managers/moto.ts';
import { perName } from '../../support/managers/per-name.ts';
import { MOTO, requireServer } from '../../support/managers/tools.ts';
import { storeContract } from '../../support/store-contract.ts';

// Servers, clients and a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(!requireServer('moto', MOTO))('AWS Secrets Manager, as moto plays it', () => {
  let aws: Aws;

  beforeAll(async () => {
    aws = await startAws();
    // The client reads the process's own variables.
    Object.assign(process.env, aws.env);
  }, 60_000);

  afterAll(() => aws?.stop());

  storeContract('a secret that is the key', () =>
    perName((name) => openStore(new TestMachine().context(), `aws-sm://eu-west-1/test/${name}`)),
  );
});
