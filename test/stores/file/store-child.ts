import { realHost } from '../../../src/context.ts';
import { UserError } from '../../../src/errors.ts';
import { Secret } from '../../../src/keys/secret.ts';
import { slotOf } from '../../../src/keys/slot.ts';
import { open } from '../../../src/stores/file/index.ts';
import { createUi } from '../../../src/terminal/ui.ts';

/** One process of `processes.test.ts`: what it does with the slot is its first argument. */
const [what = '', name = '', value = ''] = process.argv.slice(2);
const slot = slotOf(name, 'current');
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const host = realHost();
  const ui = createUi(host, { json: false, quiet: false, noColor: false, verbose: false });
  const store = await open({ ...host, ui, command: 'test' });
  if (what === 'get') say((await store.get(slot))?.reveal() ?? 'nothing');
  if (what === 'set') await store.set(slot, new Secret(value));
  if (what === 'delete') say(String(await store.delete(slot)));
  // One value after the other until it is killed, each announced before it is written and when it is.
  for (let number = Number(value); what === 'write-on'; number += 1) {
    say(`begin ${number}`);
    await store.set(slot, new Secret(`${number} `.repeat(50)));
    say(`done ${number}`);
  }
}

main().catch((error: unknown) => {
  say(error instanceof UserError ? `${error.exitCode} ${error.code}: ${error.message}` : `not a UserError: ${error}`);
  process.exitCode = 1;
});
