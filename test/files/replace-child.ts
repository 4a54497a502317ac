import { UserError } from '../../src/errors.ts';
import { replaceFile } from '../../src/files/replace.ts';

/** One process of `replace.test.ts`: `once <file> <size>`, or `forever <file> <size>` until it is killed. */
const [what = '', file = '', size = '0'] = process.argv.slice(2);
const content = (letter: string) => letter.repeat(Number(size));

try {
  if (what === 'once') replaceFile(file, content('n'));
  for (let round = 0; what === 'forever'; round += 1) replaceFile(file, content('abc'.charAt(round % 3)));
  process.stdout.write('done');
} catch (error) {
  const text = error instanceof UserError ? `${error.code}: ${error.message}` : `not a UserError: ${error}`;
  process.stdout.write(text);
}
