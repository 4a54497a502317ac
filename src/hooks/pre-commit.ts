import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HOOK_NAMES, type HookName, type Manager } from './index.ts';
import {
  addToYaml,
  isMap,
  isSeq,
  readYaml,
  removeFromYaml,
  writeYaml,
  type YAMLMap,
  type YAMLSeq,
  type YamlDocument,
} from './yaml-file.ts';

const FILE = '.pre-commit-config.yaml';
const IDS: Readonly<Record<HookName, string>> = { 'pre-commit': 'claude-keys', 'pre-push': 'claude-keys-push' };
/** The names of stages are those that versions before 3.2 know too; `pre-commit migrate-config` renews them. */
const COMMON = { language: 'system', pass_filenames: false, always_run: true };
/** The framework keeps git's lines for itself and names the two ends of what is pushed. */
const PUSH = `sh -c 'exec claude-keys scan --since "\${PRE_COMMIT_FROM_REF:-origin/HEAD}" --min-confidence medium'`;

const HOOKS: Readonly<Record<HookName, object>> = {
  'pre-commit': {
    id: IDS['pre-commit'],
    name: 'no Claude keys in the commit',
    entry: 'claude-keys scan --staged --min-confidence medium',
    ...COMMON,
  },
  'pre-push': { id: IDS['pre-push'], name: 'no Claude keys in the push', entry: PUSH, stages: ['push'], ...COMMON },
};

/** The pre-commit framework: hooks of the machine (`repo: local`) in its configuration. */
export const preCommit: Manager = {
  name: 'pre-commit',
  isHere: (root) => existsSync(join(root, FILE)),
  async install(_, root) {
    const document = readYaml(join(root, FILE));
    const missing = HOOK_NAMES.filter((name) => hookIn(document, name) === null);
    if (missing.length === 0) return;
    const own = { repo: 'local', hooks: missing.map((name) => HOOKS[name]) };
    const repos = document.get('repos');
    const isListed = isSeq(repos) && repos.items.length > 0;
    // The first of the list, which lines can be put before.
    if (isSeq(repos)) repos.items.unshift(document.createNode(own));
    else document.set('repos', document.createNode([own]));
    addToYaml(join(root, FILE), document, [{ path: ['repos'], value: isListed ? own : [own] }]);
  },
  async uninstall(_, root) {
    if (removeFromYaml(join(root, FILE))) return;
    const document = readYaml(join(root, FILE));
    for (const name of HOOK_NAMES) {
      const found = hookIn(document, name);
      if (found === null) continue;
      found.hooks.items.splice(found.hooks.items.indexOf(found.hook), 1);
      const repos = document.get('repos') as YAMLSeq;
      if (found.hooks.items.length === 0) repos.items.splice(repos.items.indexOf(found.repo), 1);
    }
    writeYaml(join(root, FILE), document);
  },
  async states(_, root) {
    const file = join(root, FILE);
    const document = readYaml(file);
    return HOOK_NAMES.map((name) => ({ name, file, installed: hookIn(document, name) !== null, chained: null }));
  },
  advice: async () => 'the framework takes it up with: pre-commit install --hook-type pre-commit --hook-type pre-push',
};

function hookIn(document: YamlDocument, name: HookName): { repo: YAMLMap; hooks: YAMLSeq; hook: unknown } | null {
  const repos = document.get('repos');
  for (const repo of isSeq(repos) ? repos.items : []) {
    const hooks = isMap(repo) ? repo.get('hooks') : null;
    const hook = isSeq(hooks) ? hooks.items.find((each) => isMap(each) && each.get('id') === IDS[name]) : undefined;
    if (isMap(repo) && isSeq(hooks) && hook !== undefined) return { repo, hooks, hook };
  }
  return null;
}
