/**
 * Waits for someone to end this process: Ctrl-C, or the manager of services. Once more does not wait any longer.
 *
 * SIGUSR1 is taken, and does nothing: Node would open a debugger, through which every program of this user could read
 * the keys out of a process that is meant to keep them.
 */
export function untilSignal(): Promise<void> {
  noDebugger();
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

export function noDebugger(): void {
  if (process.platform !== 'win32') process.on('SIGUSR1', () => {});
}
