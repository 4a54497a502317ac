import { MemoryStore } from '../support/memory-store.ts';
import { storeContract } from '../support/store-contract.ts';

storeContract('in memory', () => new MemoryStore('keychain'));
