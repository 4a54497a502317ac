#!/usr/bin/env node

// The two answers that are known beforehand need no program: they come as fast as Node starts.
const known = process.argv.length === 3 && ['--version', '--help'].includes(process.argv[2]);

require(known ? '../dist/known.js' : '../dist/start.js');
