// node checker.mjs PROGRAM URL NAMES: calls `print` for one name after the other and tests what it gives, every 20 ms
// or as soon as the one before has ended, until standard input closes. Prints one line of JSON: how often it looked, and
// what went wrong.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const [, , program, url, list] = process.argv;
const names = list.split(',');
const run = promisify(execFile);
const failures = [];
let checks = 0;
let over = false;
process.stdin.resume().on('end', () => {
  over = true;
});

while (!over) {
  const begun = Date.now();
  const name = names[checks % names.length];
  checks += 1;
  await check(name).catch((error) => failures.push(`${name}: ${error.code ?? error.message}`));
  await sleep(Math.max(0, 20 - (Date.now() - begun)));
}
console.log(JSON.stringify({ checks, failures }));

async function check(name) {
  const { stdout } = await run(process.execPath, [program, 'print', name]);
  const headers = { 'x-api-key': stdout.trimEnd(), 'anthropic-version': '2026-10-21', 'user-agent': 'checker' };
  const { status } = await fetch(`${url}/v1/models`, { headers });
  if (status !== 200) failures.push(`${name}: ${status}`);
}
