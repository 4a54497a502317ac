import { realHost } from './context.ts';
import { main } from './main.ts';
import { nothingIsLeft } from './terminal/output.ts';

/** After these nothing is at work any more, and shells wait for them: to take the heap apart would take 2 ms. */
const HASTY = ['print', 'export', 'exec', 'scan'];

/** The program: the one place that sets the exit code. Output that is still on its way is let out before the end. */
void main(process.argv.slice(2), realHost()).then((code) => {
  process.exitCode = code;
  if (HASTY.includes(process.argv[2] ?? '') && nothingIsLeft()) process.exit();
});
