// Runs serve.ts: Node 20 reads no TypeScript, so it is bundled in memory first.
import { fstatSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('serve.ts', import.meta.url))],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const { serve } = await import(`data:text/javascript;base64,${code}`);
console.log(JSON.stringify(await serve(Number(process.argv[2] ?? 0))));
// Started by a program that holds its input: ends with it.
const input = fstatSync(0);
if (input.isFIFO() || input.isSocket()) process.stdin.on('end', () => process.exit()).resume();
