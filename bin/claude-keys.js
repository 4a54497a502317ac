#!/usr/bin/env node

// The two answers that are known beforehand need no program: they come as fast as Node starts.
const known = process.argv.length === 3 && ['--version', '--help'].includes(process.argv[2]);

if (known) require('../dist/known.js');
else start();

/** Runs dist/start.js; before a scan, what that runs through is at hand already. */
function start() {
  // An empty one is none: what belongs into the home folder would come to lie in the current one.
  if (process.env.HOME === '') delete process.env.HOME;
  const { readFileSync } = require('node:fs');
  const { join } = require('node:path');
  const folder = join(__dirname, '..', 'dist');
  if (process.argv[2] === 'scan') run('scan', () => {});
  run('start', require);

  /**
   * Where the build has left a file compiled for this very Node (script/code-cache.mjs), V8 takes that in a third of the
   * time: 6 ms of the 60 that `print` takes. What V8 does not like, for its flags or its length, it compiles.
   */
  function run(name, otherwise) {
    const file = join(folder, `${name}.js`);
    let cachedData;
    try {
      cachedData = readFileSync(join(folder, `${name}.${process.versions.v8}-${process.platform}-${process.arch}`));
    } catch {
      otherwise(file);
      return;
    }
    // The same as node:module, which takes 0.4 ms more.
    const Module = module.constructor;
    const { Script } = require('node:vm');
    const script = new Script(readFileSync(file, 'utf8'), { filename: `dist/${name}.js`, cachedData });
    const program = Object.assign(new Module(file, module), { filename: file, loaded: true });
    // Where the other files of dist/ look for it.
    require.cache[file] = program;
    script.runInThisContext()(program.exports, Module.createRequire(file), program, file, folder);
  }
}
