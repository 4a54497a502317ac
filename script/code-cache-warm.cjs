// node code-cache-warm.cjs DIST ARGUMENTS…: runs the program with these arguments, and writes what V8 has compiled of its
// main file by then to the file CODE_CACHE.
const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

// By this, where Node has it, `exec` would put another program in the place of this one.
delete process.execve;
const [, , folder, ...args] = process.argv;
process.argv = [process.argv[0], join(folder, 'start.js'), ...args];
const file = join(folder, 'start.js');
// As bin/claude-keys.js does it.
const script = new Script(Module.wrap(readFileSync(file, 'utf8')), { filename: 'dist/start.js' });
const program = Object.assign(new Module(file, module), { filename: file, loaded: true });
require.cache[file] = program;
script.runInThisContext()(program.exports, Module.createRequire(file), program, file, folder);
process.once('exit', () => writeFileSync(process.env.CODE_CACHE, script.createCachedData()));
