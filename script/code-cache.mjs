// Compiles the program's main files for the Node that runs this, and leaves the result beside them, for bin/claude-keys.js.
//
// V8 compiles a function when it is called first. So the program runs once, with a made-up key in a home of its own, and
// then looks at what is staged in a repository; what it went through is in the result.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WARM = fileURLToPath(new URL('code-cache-warm.cjs', import.meta.url));

/** The end of the files' names, by all that V8 does not look at itself. */
const MACHINE = `${process.versions.v8}-${process.platform}-${process.arch}`;

/** @param dist the folder with the built program */
export function writeCodeCache(dist) {
  const home = mkdtempSync(join(tmpdir(), 'claude-keys-warm-'));
  try {
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      CLAUDE_KEYS_HOME: join(home, 'keys'),
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(home, 'bus')}`,
    };
    const secret = `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
    run([join(dist, 'start.js'), 'add', 'warm', '--store', 'file', '--no-verify'], env, secret);
    const registry = join(home, 'keys', 'registry.json');
    writeFileSync(registry, readFileSync(registry, 'utf8').replace('"store": "file"', '"store": "keychain"'));
    const args = [WARM, dist, MACHINE, stagedRepository(home), 'exec', 'warm', '--', process.execPath, '-e', '0'];
    run(args, { ...env, SECRET: secret });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Something is staged in it, where there is a git. */
function stagedRepository(home) {
  const folder = join(home, 'repository');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.txt'), 'text');
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
  ])
    spawnSync('git', args, { cwd: folder });
  return folder;
}

function run(args, env, input = '') {
  const { status, stderr } = spawnSync(process.execPath, args, { env, input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stderr}`);
}
