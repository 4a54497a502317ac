import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HOOK_NAMES, type HookName, type Manager } from './index.ts';
import { addToYaml, readYaml, removeFromYaml, writeYaml } from './yaml-file.ts';

const FILES = ['lefthook.yml', '.lefthook.yml', 'lefthook.yaml', '.lefthook.yaml'];
const COMMANDS: Readonly<Record<HookName, object>> = {
  'pre-commit': { run: 'claude-keys scan --staged --min-confidence medium' },
  'pre-push': { run: 'claude-keys scan --push --min-confidence medium', use_stdin: true },
};
const NAME = 'claude-keys';

const fileIn = (root: string) =>
  FILES.map((name) => join(root, name)).find((file) => existsSync(file)) ?? join(root, 'lefthook.yml');

/** lefthook: a command in its configuration, which it puts into git's hooks itself. */
export const lefthook: Manager = {
  name: 'lefthook',
  isHere: (root) => FILES.some((name) => existsSync(join(root, name))),
  async install(_, root) {
    const file = fileIn(root);
    const document = readYaml(file);
    const missing = HOOK_NAMES.filter((name) => !document.hasIn([name, 'commands', NAME]));
    const added = missing.map((name) => ({ path: [name, 'commands', NAME], value: COMMANDS[name] }));
    for (const { path, value } of added) document.setIn(path, document.createNode(value));
    addToYaml(file, document, added);
  },
  async uninstall(_, root) {
    const file = fileIn(root);
    if (removeFromYaml(file)) return;
    const document = readYaml(file);
    for (const name of HOOK_NAMES) {
      if (!document.hasIn([name, 'commands', NAME])) continue;
      for (const path of [[name, 'commands', NAME], [name, 'commands'], [name]]) {
        const node = document.getIn(path) as { items?: readonly unknown[] } | undefined;
        if (path.length === 3 || node?.items?.length === 0) document.deleteIn(path);
      }
    }
    writeYaml(file, document);
  },
  async states(_, root) {
    const file = fileIn(root);
    const document = readYaml(file);
    return HOOK_NAMES.map((name) => {
      return { name, file, installed: document.hasIn([name, 'commands', NAME]), chained: null };
    });
  },
  advice: async () => 'lefthook takes it up with: lefthook install',
};
