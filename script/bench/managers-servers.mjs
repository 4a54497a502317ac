// node script/bench/managers-servers.mjs: AWS (moto), Vault (OpenBao) and Google Secret Manager on loopback. Prints one line of JSON, the
// variables with which a program finds them, and runs until its standard input closes. Needs what script/test-host installs.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'test/support/managers');
const outfile = join(root, 'test/.tools/managers.mjs');
await build({
  entryPoints: [join(folder, 'serve.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(folder, 'serve.ts')).href) },
});
const { serve } = await import(pathToFileURL(outfile).href);
const { env, stop } = await serve();
console.log(JSON.stringify(env));
process.stdin.resume().on('end', async () => {
  await stop();
  process.exit();
});
