import { writeFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** Options that make Node write its heap into a file: when it is signalled, or runs out of memory. */
const HEAP_SNAPSHOT = /--heapsnapshot[-_](?:signal|near[-_]heap[-_]limit)/;

/**
 * A gateway holds its keys in memory for as long as it runs. This keeps that memory out of what a crash leaves behind.
 * @throws {UserError} `refused` when Node is told to write its heap into a file, which cannot be switched off any more.
 */
export function leaveNothingInDumps({ platform, env }: Context): void {
  const option = HEAP_SNAPSHOT.exec([...process.execArgv, env['NODE_OPTIONS']].join(' '))?.[0];
  if (option !== undefined) {
    throw new UserError('refused', `with ${option} Node writes its memory into a file, and the keys with it`, {
      hint: 'take it out of NODE_OPTIONS; for a child alone: … -- env NODE_OPTIONS=… COMMAND',
    });
  }
  // A report has the environment in it: the passphrase of the store, and keys that a shell has set.
  process.report.reportOnFatalError = false;
  process.report.reportOnUncaughtException = false;
  process.report.reportOnSignal = false;
  if (platform === 'linux') leaveMemoryOutOfCores();
}

/** core(5), `coredump_filter`; children inherit it. Other systems have nothing of the kind that needs no addon. */
function leaveMemoryOutOfCores(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // A container may have no such file; it has no cores of its own then either.
  }
}
