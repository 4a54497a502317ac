import { earlyAnswer } from './cli/early.ts';
import { standardOutput } from './terminal/output.ts';

/** The program: the one place that sets the exit code. Output that is still on its way is let out before the end. */
const argv = process.argv.slice(2);
const answer = earlyAnswer(argv);
if (answer === null) void runMain();
else standardOutput(1, () => process.stdout).write(answer);

async function runMain(): Promise<void> {
  const [{ main }, { realHost }] = await Promise.all([import('./main.ts'), import('./context.ts')]);
  process.exitCode = await main(argv, realHost());
}
