import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readUserFile, rewriteUserFile } from '../files/user-file.ts';
import { HOOK_NAMES, type Manager } from './index.ts';
import { blockFor, blockIn } from './script.ts';

/** The project's own claude-keys, else the one that is installed: the file is shared with others. */
const PROGRAM = 'npx --no-install claude-keys';

/** husky: the hooks are files of the project, in `.husky`. */
export const husky: Manager = {
  name: 'husky',
  isHere: (root) => existsSync(join(root, '.husky')),
  async install(_, root) {
    for (const name of HOOK_NAMES) {
      const file = readUserFile(join(root, '.husky', name));
      const script = file.content.toString('utf8');
      if (blockIn(script) !== null) continue;
      // Ours comes first, behind the line that names the shell and the one by which older versions begin.
      const head = /^(?:#!.*\n)?(?:\. .*husky\.sh.*\n)?/.exec(script)?.[0] ?? '';
      const block = blockFor(name, PROGRAM);
      const restored = name === 'pre-push' ? 'exec <<CLAUDE_KEYS\n$claude_keys_lines\nCLAUDE_KEYS\n' : '';
      const rest = script.slice(head.length);
      const ours = rest === '' ? block : block.replace(/(# claude-keys hook: end\n)$/, `${restored}$1`);
      const isNew = !existsSync(file.path);
      rewriteUserFile(file, Buffer.from(head + ours + rest));
      // One that is there is run as it is: husky reads it with a shell.
      if (isNew) chmodSync(file.path, 0o755);
    }
  },
  async uninstall(_, root) {
    for (const name of HOOK_NAMES) {
      const file = readUserFile(join(root, '.husky', name));
      const script = file.content.toString('utf8');
      const block = blockIn(script);
      if (block === null) continue;
      const rest = script.slice(0, block.start) + script.slice(block.end);
      if (rest === '') rmSync(file.path);
      else rewriteUserFile(file, Buffer.from(rest));
    }
  },
  async states(_, root) {
    return HOOK_NAMES.map((name) => {
      const file = join(root, '.husky', name);
      const installed = existsSync(file) && blockIn(readFileSync(file, 'utf8')) !== null;
      return { name, file, installed, chained: null };
    });
  },
  async advice(_, root) {
    return existsSync(join(root, 'node_modules/.bin/claude-keys'))
      ? null
      : 'the hooks call the claude-keys of the project: npm install --save-dev claude-keys';
  },
};
