/**
 * While `work` runs, Ctrl-C does not end the program but is told to `onInterrupt`, once; a second one ends it.
 */
export async function withInterrupt<T>(onInterrupt: () => void, work: () => Promise<T>): Promise<T> {
  process.once('SIGINT', onInterrupt);
  try {
    return await work();
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
