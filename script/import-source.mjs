import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Imports a TypeScript file of this repository: Node 20 reads none, so it is bundled in memory first.
 * @param path from the root of the repository
 */
export async function importSource(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
