// npm run bench: what claude-keys costs, as ratios taken in one run on one machine. Each part is a program of its own.
//
//   npm run bench                       all parts
//   npm run bench -- PART [arguments]   one of them; its file says which arguments there are
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PARTS = ['start', 'shells', 'managers', 'gateway', 'scan'];

const [part, ...args] = process.argv.slice(2);
if (part !== undefined && !PARTS.includes(part)) {
  console.error(`there is no part ${part}; there are: ${PARTS.join(', ')}`);
  process.exit(2);
}
for (const name of part === undefined ? PARTS : [part]) {
  if (part === undefined) console.log(`\n== ${name}\n`);
  const file = fileURLToPath(new URL(`bench/${name}.mjs`, import.meta.url));
  const { status } = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
