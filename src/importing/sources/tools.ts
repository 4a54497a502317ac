import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Candidate, SourceKind } from '../places.ts';
import { filesIn } from './folder.ts';

/** The files in which other programs keep a key in plain text, whether they are there or not. */
export function tools(ctx: Context): Candidate[] {
  const { env, home, cwd } = ctx;
  const claude = env['CLAUDE_CONFIG_DIR'] || join(home, '.claude');
  const anthropic = env['ANTHROPIC_CONFIG_DIR'] || join(home, '.config', 'anthropic');
  // aider reads these three folders, in this order.
  const aider = [...new Set([home, repositoryOf(cwd) ?? cwd, cwd])];
  return [
    ...from('llm', join(llmFolder(ctx), 'keys.json')),
    ...from(
      'claude-code',
      env['CLAUDE_CONFIG_DIR'] ? join(claude, '.claude.json') : join(home, '.claude.json'),
      ...settingsIn(claude),
      ...settingsIn(join(cwd, '.claude')),
      join(cwd, '.mcp.json'),
    ),
    ...from('aider', ...aider.map((folder) => join(folder, '.aider.conf.yml'))),
    ...from('env-file', ...aider.map((folder) => join(folder, '.env'))),
    ...from('goose', ...['secrets.yaml', 'config.yaml'].map((name) => join(gooseFolder(ctx), name))),
    ...from(
      'anthropic',
      ...filesIn(anthropic, /./),
      ...['configs', 'credentials'].flatMap((folder) => filesIn(join(anthropic, folder), /\.json$/)),
    ),
    ...from('netrc', ...['.netrc', '_netrc'].map((name) => join(home, name))),
  ];
}

function from(source: SourceKind, ...paths: string[]): Candidate[] {
  return paths.map((path) => ({ source, path, asked: false }));
}

function settingsIn(folder: string): string[] {
  return ['settings.json', 'settings.local.json'].map((name) => join(folder, name));
}

/** llm asks click for the folder of an application (`get_app_dir`). */
function llmFolder({ env, home, platform }: Context): string {
  if (env['LLM_USER_PATH']) return env['LLM_USER_PATH'];
  const name = 'io.datasette.llm';
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', name);
  if (platform === 'win32') return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), name);
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), name);
}

/** goose keeps to `~/.config` on macOS too. */
function gooseFolder({ env, home, platform }: Context): string {
  if (platform === 'win32') {
    return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'Block', 'goose', 'config');
  }
  return join((platform !== 'darwin' && env['XDG_CONFIG_HOME']) || join(home, '.config'), 'goose');
}

/** The nearest folder upward that is a git repository. */
export function repositoryOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return null;
  }
}
