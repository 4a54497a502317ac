// Loaded before the built program (`node --require`): counts every write to disk, every write to the keychain and
// every answer of the API and of Vault, writes each into KILL_LOG, and kills the process right behind number KILL_AT. The program
// itself knows nothing of it.
const fs = require('node:fs');
const http = require('node:http');
const Module = require('node:module');

const killAt = Number(process.env.KILL_AT);
const log = process.env.KILL_LOG;
const { appendFileSync } = fs;
let count = 0;

function point(what) {
  count += 1;
  if (log) appendFileSync(log, `${what}\n`);
  if (count !== killAt) return;
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function after(object, name, describe) {
  const original = object[name];
  object[name] = function (...args) {
    const result = original.apply(this, args);
    if (!(result instanceof Promise)) {
      point(describe(...args));
      return result;
    }
    return result.then((value) => {
      point(describe(...args));
      return value;
    });
  };
}

const file = (path) => String(path).split('/').slice(-1)[0];
after(fs, 'renameSync', (_, to) => `rename ${file(to)}`);
after(fs, 'appendFileSync', (path) => `append ${file(path)}`);
after(fs, 'linkSync', (_, to) => `link ${file(to)}`);
after(fs, 'truncateSync', (path) => `truncate ${file(path)}`);
after(globalThis, 'fetch', (input, init) => `${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`);

// The client of Vault.
const { request } = http;
http.request = (...args) => {
  const made = request(...args);
  made.once('response', (answer) => answer.once('end', () => point(`${made.method} ${made.path}`)));
  return made;
};

const { _load } = Module;
const wrapped = new WeakSet();
Module._load = function (request, ...rest) {
  const loaded = _load.call(this, request, ...rest);
  if (request === 'keytar' && !wrapped.has(loaded)) {
    wrapped.add(loaded);
    after(loaded, 'setPassword', (_, account) => `keychain set ${account}`);
    after(loaded, 'deletePassword', (_, account) => `keychain delete ${account}`);
  }
  return loaded;
};
