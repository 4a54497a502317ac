import { writeFileSync } from 'node:fs';

/**
 * A gateway holds its keys in memory for as long as it runs. On Linux this leaves all memory out of its core dumps
 * (core(5), `coredump_filter`); other systems have nothing of the kind that needs no addon.
 */
export function keepOutOfCoreDumps(platform: NodeJS.Platform): void {
  if (platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // A container may have no such file; it has no cores of its own then either.
  }
}
