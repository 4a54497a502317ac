import { add, filesIn } from './scene.ts';

/** One process of `writers.test.ts`: adds lines, each told when it is done; a tenth of a kilobyte more makes a new part. */
const [folder = '', name = '', times = '', partBytes = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  for (let number = 1; number <= Number(times); number += 1) {
    await add(filesIn(folder), `${name}-${number}`, Number(partBytes));
    process.stdout.write(`${name}-${number}\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(String(error));
  process.exitCode = 1;
});
