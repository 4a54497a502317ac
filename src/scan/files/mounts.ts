import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sep } from 'node:path';

/** File systems behind which there is a network or another program, either of which may be gone. */
const REMOTE = /^(?:nfs4?|cifs|smb3|smbfs|9p|ceph|afs|glusterfs|lustre|fuse|fuse\..*|fuseblk|davfs)$/;
const LIMIT_MS = 5_000;
/** How the table writes a space, for one. */
const ESCAPE = /\\([0-7]{3})/g;

/**
 * The mounts at, above and below these paths that do not answer: whoever reads there waits, and cannot be ended.
 * Linux alone tells of them without touching them; elsewhere there are none.
 */
export async function deadMounts(paths: readonly string[]): Promise<readonly string[]> {
  const mounts = remoteMounts().filter((mount) => paths.some((path) => isBelow(mount, path) || isBelow(path, mount)));
  const answers = await Promise.all(mounts.map(doesAnswer));
  return mounts.filter((_, at) => answers[at] === false);
}

export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function remoteMounts(): string[] {
  let table: string;
  try {
    table = readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return [];
  }
  return table.split('\n').flatMap((line) => {
    // proc(5): the mount point is the fifth field, the type the first behind the dash.
    const [own = '', rest = ''] = line.split(' - ');
    const path = own.split(' ')[4]?.replace(ESCAPE, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
    return path !== undefined && REMOTE.test(rest.split(' ')[0] ?? '') ? [path] : [];
  });
}

/** Asked by a program of its own, which can be left behind where it hangs. */
function doesAnswer(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('/bin/ls', ['-d', '--', `${path}/.`], { stdio: 'ignore', env: {}, cwd: '/' });
    const end = (answers: boolean) => {
      clearTimeout(limit);
      resolve(answers);
    };
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      child.unref();
      end(false);
    }, LIMIT_MS);
    // What it says is no matter, and neither is that it cannot be asked: the scan will see.
    child.on('error', () => end(true));
    child.on('exit', () => end(true));
  });
}
