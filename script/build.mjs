// Builds dist/: one file with what the hot commands need, and a chunk for each other command, loaded when it is used.
//
// Why CommonJS by way of ES modules: esbuild splits chunks only for ES modules, and those take Node 7 ms longer to
// start. So the first pass splits, and the second (one-file.mjs) makes CommonJS of the chunks. `npm run bench` measures.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeCodeCache } from './code-cache.mjs';
import { licencesOf } from './licences.mjs';
import { inFiles, lean } from './one-file.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { version, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const VERSION = { CLAUDE_KEYS_VERSION: JSON.stringify(version) };

/** What `print`, `export` and `exec` from the keychain run through, beside what they import at once. */
const HOT = [
  'src/start.ts',
  'src/commands/print.ts',
  'src/commands/export.ts',
  'src/commands/exec.ts',
  'src/stores/keychain/index.ts',
  'src/audit/leaving.ts',
  'src/child/index.ts',
  'src/child/spawn.ts',
];
/** What `scan --staged` runs through in a hook when there is nothing to tell; a file of its own, for scans alone. */
const SCAN = [
  'src/commands/scan.ts',
  'src/scan/git/staged.ts',
  'src/commands/scan/show.ts',
  'src/scan/report/table.ts',
];
/** What else a scan of files runs through, and when it has found something. */
const LOOK = ['src/scan/look.ts', 'src/scan/rows.ts', 'src/scan/report/json.ts'];

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  write: false,
  minifySyntax: true,
  legalComments: 'none',
  // What is not installed with the program: a binary, and the clients of the secrets managers.
  external: ['keytar', ...Object.keys(peerDependencies)],
  // Its main file loads its parts by a `require` that esbuild does not see.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  absWorkingDir: root,
};

/** The program's files, and the licences of what they are made of. */
async function program() {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    // The program, and the rotation function of AWS: `require('claude-keys/lambda')`.
    entryPoints: { start: 'src/start.ts', lambda: 'src/lambda/handler.ts' },
    splitting: true,
    format: 'esm',
    outdir: dist,
    metafile: true,
    chunkNames: 'chunk-[hash]',
    define: { ...VERSION, ...SIEVE },
  });
  const chunks = Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text]));
  const forPrint = withImports(metafile, HOT);
  // What other commands run through too is in start.js: they would load the whole file for it.
  const elsewhere = withImports(
    metafile,
    entriesOf(metafile).filter((entry) => !/^src\/(commands\/)?scan\b/.test(entry)),
  );
  const forScan = withImports(metafile, SCAN);
  const hot = new Set([...forPrint, ...[...forScan].filter((name) => elsewhere.has(name))]);
  const scan = new Set([...forScan].filter((name) => !hot.has(name)));
  const isElsewhere = (name) => hot.has(name) || scan.has(name) || elsewhere.has(name);
  const look = new Set([...withImports(metafile, LOOK)].filter((name) => !isElsewhere(name)));
  const made = await inFiles(chunks, { 'start.js': hot, 'scan.js': scan, 'look.js': look });
  return {
    ...made,
    'start.js': asFunction(made['start.js']),
    'scan.js': asFunction(made['scan.js']),
    'lambda.js': asLibrary(made['lambda.js']),
    'licences.txt': licencesOf(root, Object.keys(metafile.inputs)),
  };
}

function entriesOf({ outputs }) {
  return Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
}

/** The names of the chunks with these sources, and of all that they import at once. */
function withImports({ outputs }, sources) {
  const names = new Set();
  const add = (path) => {
    if (names.has(basename(path))) return;
    names.add(basename(path));
    for (const { path: imported, kind, external } of outputs[path].imports) {
      if (kind === 'import-statement' && !external) add(imported);
    }
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (sources.includes(entryPoint)) add(path);
  return names;
}

/** Of the program it is made of, the function takes the parts and does not run the whole. */
function asLibrary(code) {
  return `globalThis[Symbol.for('claude-keys.library')] = true;\n${code}`;
}

/**
 * Does the same where Node loads it, and is for `vm.Script` the function that Node makes of a module. To put that around
 * the text at every start would copy it, and with 70 kB more V8 has to collect its garbage once in the run of `print`.
 */
function asFunction(code) {
  const names = 'exports,require,module,__filename,__dirname';
  return `(typeof module=="object"?run=>run(${names}):run=>run)(function(${names}){${code}\n});\n`;
}

/** A program of its own in one file. */
async function alone(entryPoint, define = {}) {
  const form = { format: 'cjs', minifyWhitespace: true };
  const { outputFiles } = await build({ ...COMMON, ...form, entryPoints: [entryPoint], define });
  return outputFiles[0].text;
}

/** What a part of the program makes at build time, so that it is not made at every start: the help, tables. */
async function loaded(entryPoint) {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-build-'));
  try {
    write(folder, { 'part.js': await alone(entryPoint) });
    return createRequire(import.meta.url)(join(folder, 'part.js'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As a string: esbuild puts whatever else into a file that every command loads. */
function asText(value) {
  return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value));
}

function write(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
}

const help = (await loaded('src/cli/program.ts')).helpText(version);
const SIEVE = {
  CLAUDE_KEYS_SIEVE: asText((await loaded('src/scan/detect/tables.ts')).makeTables()),
  CLAUDE_KEYS_MACHINE: asText((await loaded('src/scan/detect/machine-code.ts')).makeModule()),
};
const files = {
  ...(await program()),
  // What needs no more than a text that is known now.
  'known.js': await alone('src/known.ts', { ...VERSION, CLAUDE_KEYS_HELP: JSON.stringify(help) }),
  // A process of its own for calls to a locked keychain.
  'keychain-child.js': await alone('src/stores/keychain/child-main.ts'),
  // The second thread of `scan`.
  'scan-worker.js': await lean(await alone('src/scan/files/worker-main.ts', SIEVE)),
  // What `copy` leaves behind to clear the clipboard.
  'clear-clipboard.js': await alone('src/clipboard/clear-main.ts'),
};

// Put in place in one step, so that a program that is started meanwhile meets the old build or the new one.
const fresh = `${dist}.${process.pid}`;
write(fresh, files);
writeCodeCache(fresh);
const old = `${fresh}.old`;
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
