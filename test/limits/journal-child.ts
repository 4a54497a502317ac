import { Journal } from '../../src/limits/journal.ts';
import { Limiter } from '../../src/limits/limiter.ts';

const [file = '', most = '', amount = '', mode = ''] = process.argv.slice(2);

/** Takes from one limit again and again until it does not fit, and says how often it did; `forever` until it is killed. */
async function main(): Promise<void> {
  const journal = await Journal.open(file, { maxBytes: 2_000 });
  const limiter = new Limiter(journal);
  const limit = { key: 'shared', most: Number(most), seconds: 3_600 };
  let taken = 0;
  for (;;) {
    const { ok } = await limiter.take(limit, Number(amount));
    if (ok) taken += 1;
    if (mode === 'forever') console.log(taken);
    else if (!ok) break;
  }
  console.log(taken);
  await journal.close();
}

void main();
