/**
 * Looks again and again, each time this long after the last look has ended; one that fails is no reason to stop. It keeps
 * no process alive.
 * @returns what ends it
 */
export function pollEvery(ms: number, look: () => Promise<void>): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const lookOnce = () => void look().catch(ignore).finally(again);
  const again = () => {
    if (!stopped) timer = setTimeout(lookOnce, ms).unref();
  };
  again();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function ignore(): void {}
