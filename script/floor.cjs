// The floor of `npm run bench`: the least that prints one key of the keychain through keytar.
const keytar = require('keytar');

keytar.getPassword('claude-keys', process.argv[2]).then((secret) => {
  if (secret === null) process.exitCode = 1;
  else process.stdout.write(`${secret}\n`);
});
