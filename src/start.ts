import { realHost } from './context.ts';
import { main } from './main.ts';

/** The program: the one place that sets the exit code. Output that is still on its way is let out before the end. */
void main(process.argv.slice(2), realHost()).then((code) => {
  process.exitCode = code;
});
