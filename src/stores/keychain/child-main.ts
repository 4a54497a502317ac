import type { Request } from './calls.ts';
import type { Reply } from './child.ts';
import { loadNative } from './native.ts';

/**
 * The child of `child.ts`: one request as a line of JSON on standard input, one reply on standard output. When the
 * input ends first, the parent is gone and with it the reason to wait; only a signal ends a process that keytar holds.
 */
let input = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text: string) => {
  input += text;
  if (input.endsWith('\n')) void reply(JSON.parse(input) as Request);
});
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches both: what to do about it is the parent's to say.
process.on('SIGINT', () => {});

async function reply(request: Request): Promise<void> {
  const result = await call(request);
  process.stdin.removeAllListeners('end').destroy();
  process.stdout.write(JSON.stringify(result));
}

async function call(request: Request): Promise<Reply> {
  try {
    return { answer: await loadNative()(request) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'unknown' };
  }
}
