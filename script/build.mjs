// Builds dist/: CommonJS chunks, each command's body in its own, loaded when it is used.
//
// Why two passes: esbuild splits chunks only for ES modules, and ES modules take 7 ms longer to start than CommonJS
// (`npm run bench` measures the result). So the first pass bundles and splits, the second turns each chunk into CommonJS.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

async function chunks(entryPoints, define) {
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    outdir: dist,
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    chunkNames: 'chunk-[hash]',
    external: ['keytar'],
    define,
    absWorkingDir: root,
  });
  return Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const { code } = await transform(text, {
        format: 'cjs',
        platform: 'node',
        target: 'node20.19',
        supported: { 'dynamic-import': false },
        minifyWhitespace: true,
      });
      return [basename(path), code];
    }),
  );
}

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of files) writeFileSync(join(folder, name), code);
}

/** The help is the program's own, printed once at build time. */
async function printedHelp() {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-help-'));
  try {
    write(folder, await chunks(['src/cli/program.ts'], {}));
    return createRequire(import.meta.url)(join(folder, 'program.js')).helpText(version);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Put in place in one step, so that a program that is started meanwhile meets the old build or the new one.
const fresh = `${dist}.${process.pid}`;
write(
  fresh,
  await chunks(['src/start.ts'], {
    CLAUDE_KEYS_VERSION: JSON.stringify(version),
    CLAUDE_KEYS_HELP: JSON.stringify(await printedHelp()),
  }),
);
// A process of its own for calls to a locked keychain, built apart so that the program's own chunks stay whole.
write(fresh, await chunks([{ in: 'src/stores/keychain/child-main.ts', out: 'keychain-child' }], {}));
// What `copy` leaves behind to clear the clipboard, apart for the same reason.
write(fresh, await chunks([{ in: 'src/clipboard/clear-main.ts', out: 'clear-clipboard' }], {}));
const old = `${fresh}.old`;
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
