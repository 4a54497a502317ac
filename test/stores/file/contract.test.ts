import { open } from '../../../src/stores/file/index.ts';
import { TestMachine } from '../../support/host.ts';
import { storeContract } from '../../support/store-contract.ts';

storeContract('an encrypted file', () => open(new TestMachine().context()));
