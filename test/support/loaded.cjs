// Loaded before the built program (`node --require`): writes the files of all modules that it has loaded into LOADED.
const { writeFileSync } = require('node:fs');

process.once('exit', () => writeFileSync(process.env.LOADED, Object.keys(require.cache).join('\n')));
