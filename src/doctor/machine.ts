import { type CheckGroup, fail, ok } from './check.ts';

const NAME = 'Node version';
/** package.json, `engines`. */
const LEAST = [20, 19, 0];

export const machine: CheckGroup = {
  name: NAME,
  run: ({ nodeVersion }) => {
    const version = nodeVersion.split('.').map((part) => Number.parseInt(part, 10));
    const at = LEAST.findIndex((least, place) => (version[place] ?? 0) !== least);
    const enough = at < 0 || (version[at] ?? 0) > (LEAST[at] ?? 0);
    if (enough) return [ok(NAME, nodeVersion)];
    return [
      fail(NAME, `${nodeVersion} is older than ${LEAST.join('.')}, the oldest that works`, 'install a newer Node'),
    ];
  },
};
