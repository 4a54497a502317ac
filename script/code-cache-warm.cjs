// node code-cache-warm.cjs DIST MACHINE REPOSITORY ARGUMENTS…: runs the program with these arguments, and then `scan
// --staged` in a repository; writes what V8 has compiled of its main files by then to DIST/NAME.MACHINE. It meets an unlocked
// keychain that holds SECRET, and no other.
const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { createServer } = require('node:net');
const { join } = require('node:path');
const { Script } = require('node:vm');

const [node, , folder, machine, repository, ...args] = process.argv;
// By this, where Node has it, `exec` would put another program in the place of this one.
delete process.execve;

const { _load } = Module;
const keytar = { getPassword: async () => process.env.SECRET };
Module._load = (request, ...rest) => (request === 'keytar' ? keytar : _load(request, ...rest));

/** D-Bus: accepted, and `Unlock` (the question with serial 2) has unlocked one collection and needs no prompt. */
const ANSWER = Buffer.from(
  'OK 0\r\nl\x02\x01\x01\x12\x00\x00\x00\x01\x00\x00\x00\x11\x00\x00\x00' +
    '\x05\x01u\x00\x02\x00\x00\x00\x08\x01g\x00\x03aoo\x00\x00\x00\x00\x00\x00\x00\x00' +
    '\x06\x00\x00\x00\x01\x00\x00\x00/\x00\x00\x00\x01\x00\x00\x00/\x00',
  'latin1',
);
const bus = createServer((socket) => {
  socket.once('data', () => socket.write(ANSWER));
  socket.on('error', () => {});
});

/** As bin/claude-keys.js has them. */
const scripts = ['scan', 'start'].map((name) => {
  const file = join(folder, `${name}.js`);
  return { name, file, script: new Script(readFileSync(file, 'utf8'), { filename: `dist/${name}.js` }) };
});

if (process.platform === 'linux') bus.listen(join(process.env.HOME, 'bus'), begin).unref();
else begin();

function begin() {
  const { exit } = process;
  // Both are over by a call of this.
  process.exit = () => {
    process.chdir(repository);
    process.exit = exit;
    run('scan', '--staged');
  };
  process.once('exit', () => {
    for (const { name, script } of scripts)
      writeFileSync(join(folder, `${name}.${machine}`), script.createCachedData());
  });
  run(...args);
}

function run(...words) {
  process.argv = [node, scripts[1].file, ...words];
  for (const { file, script } of scripts) {
    const program = Object.assign(new Module(file, module), { filename: file, loaded: true });
    require.cache[file] = program;
    script.runInThisContext()(program.exports, Module.createRequire(file), program, file, folder);
  }
}
