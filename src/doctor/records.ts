import { readConfig } from '../config.ts';
import { listKeys, readRegistry } from '../keys/registry.ts';
import { type CheckGroup, ok } from './check.ts';

/** A damaged file makes these throw in words that say what to do. */
export const registry: CheckGroup = {
  name: 'registry',
  run: (ctx) => {
    const count = listKeys(readRegistry(ctx)).length;
    return [ok('registry', `${count === 1 ? '1 key is' : `${count} keys are`} stored`)];
  },
};

export const configuration: CheckGroup = {
  name: 'configuration',
  run: (ctx) => {
    const names = Object.keys(readConfig(ctx));
    return [ok('configuration', names.length === 0 ? 'nothing is set' : `set: ${names.join(', ')}`)];
  },
};
