// Compiles the program's main file for the Node that runs this, and leaves the result beside it, for bin/claude-keys.js.
//
// V8 compiles a function when it is called first. So the program runs once, with a key of the test's in a home of its own,
// and what it went through is in the result.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WARM = fileURLToPath(new URL('code-cache-warm.cjs', import.meta.url));

/** The name of the file, by all that V8 does not look at itself. */
export const CODE_CACHE = `start.${process.versions.v8}-${process.platform}-${process.arch}`;

/** @param dist the folder with the built program */
export function writeCodeCache(dist) {
  const home = mkdtempSync(join(tmpdir(), 'claude-keys-warm-'));
  try {
    const env = { HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys'), PATH: process.env.PATH };
    const secret = `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
    run([join(dist, 'start.js'), 'add', 'warm', '--store', 'file', '--no-verify'], env, secret);
    run(
      [WARM, dist, 'exec', 'warm', '--', process.execPath, '-e', '0'],
      { ...env, CODE_CACHE: join(dist, CODE_CACHE) },
      '',
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function run(args, env, input) {
  const { status, stderr } = spawnSync(process.execPath, args, { env, input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stderr}`);
}
