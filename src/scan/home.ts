import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { filesIn } from '../importing/sources/folder.ts';
import { profiles } from '../importing/sources/profiles.ts';
import { tools } from '../importing/sources/tools.ts';
import { scanPaths } from './paths.ts';
import { Scanner, SMALL } from './scanner.ts';
import { placeIn, type Session } from './session.ts';

/** What shells and interpreters remember of what was typed. */
const HISTORIES = listed(`
  .bash_history, .zsh_history, .zhistory, .histfile, .sh_history, .ksh_history, .history, .tcsh_history,
  .python_history, .ipython/profile_default/history.sqlite, .node_repl_history, .ts_node_repl_history,
  .irb_history, .psql_history, .mysql_history, .sqlite_history, .rediscli_history, .Rhistory, .lesshst,
  .viminfo, .wget-hsts, .local/share/fish/fish_history, .local/share/powershell/PSReadLine,
  .local/share/xonsh, .local/state/elvish, .local/share/atuin/history.db, .bun_repl_history, .config/nushell,
  .zsh_sessions, .bash_sessions,
  AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine
`);

/** What Claude Code and other assistants keep: settings, transcripts, logs. */
const ASSISTANTS = listed(`
  .claude, .claude.json, .claude.json.backup, .config/claude, .config/Claude,
  Library/Application Support/Claude, AppData/Roaming/Claude, .codex, .continue, .cursor, .windsurf, .codeium,
  .gemini, .aider.conf.yml, .aider.chat.history.md, .aider.input.history, .config/goose, .local/share/goose,
  .local/state/goose, .config/io.datasette.llm, Library/Application Support/io.datasette.llm,
  .config/opencode, .local/share/opencode, .config/crush, .config/mods, .config/aichat, .config/litellm,
  .config/zed, .config/github-copilot, .cline, .roo, .openhands, .config/fabric, .langchain, .n8n,
  .config/anthropic, .anthropic, .aider, .factory, .amp, .config/amp, .config/mcp
`);

/** Settings, credentials and logs of tools into which keys get by `--build-arg`, `npm config set` and the like. */
const TOOLS = listed(`
  .docker/config.json, .npmrc, .npm/_logs, .yarnrc, .yarnrc.yml, .pypirc, .config/pip, .netrc, _netrc,
  .kube/config, .config/gh, .git-credentials, .gitconfig, .config/git, .aws/config, .aws/credentials,
  .config/gcloud/configurations, .azure, .terraformrc, .terraform.d, .cargo/credentials.toml, .cargo/config.toml,
  .gradle/gradle.properties, .m2/settings.xml, .composer/auth.json, .config/composer/auth.json,
  .gem/credentials, .config/hub, .curlrc, .wgetrc, .ssh/config, .ssh/environment, .pam_environment,
  .config/systemd/user, Library/LaunchAgents, .config/environment.d, .jupyter, .config/rclone/rclone.conf,
  .config/direnv, .local/share/direnv, .config/1Password/op.log, .postman
`);

/** Editors keep settings, undone text and copies of unsaved files; terminals set variables. */
const EDITORS = listed(`
  .vimrc, .vim, .config/nvim, .local/state/nvim, .local/share/nvim/shada, .emacs, .emacs.d, .authinfo,
  .nanorc, .config/Code/User, .config/Code/Backups, .config/Cursor/User, .config/VSCodium/User,
  .vscode-server/data/User, Library/Application Support/Code/User, Library/Application Support/Cursor/User,
  AppData/Roaming/Code/User, AppData/Roaming/Cursor/User, .config/sublime-text, .config/JetBrains,
  Library/Application Support/JetBrains, .local/share/Trash/files, .Trash, .local/share/gedit, .config/helix,
  .config/micro, .tmux.conf, .config/tmux, .screenrc, .config/kitty, .config/alacritty, .config/wezterm,
  .wezterm.lua, .config/zellij
`);

function listed(paths: string): string[] {
  return paths.trim().split(/,\s+/);
}

/** How deep below the home folder `.env` files are looked for. */
const ENV_DEPTH = 4;
const NO_PROJECTS =
  /^(?:node_modules|\.git|\.cache|\.npm|\.cargo|\.rustup|Library|AppData|\.local|\.venv|venv|go|snap)$/;

/** The usual places of a home folder, and the environment of this program. */
export async function scanHome(ctx: Context, session: Session): Promise<void> {
  const known = [...profiles(ctx), ...tools(ctx)].map(({ path }) => path);
  const own = [...HISTORIES, ...ASSISTANTS, ...TOOLS, ...EDITORS].map((path) => join(ctx.home, path));
  const histfile = ctx.env['HISTFILE']?.startsWith('/') ? [ctx.env['HISTFILE']] : [];
  const paths = [...new Set([...known, ...own, ...histfile, ...envFilesBelow(ctx.home, ENV_DEPTH)])];
  scanEnvironment(ctx, session);
  await scanPaths(ctx, session, withoutInner(paths), { all: false, mayLack: true });
}

function scanEnvironment(ctx: Context, session: Session): void {
  const scanner = new Scanner(SMALL);
  for (const [name, value] of Object.entries(ctx.env)) {
    scanner.write(Buffer.from(value ?? ''));
    session.add(scanner.end(), placeIn(`<environment: ${name}>`, 'config'));
  }
}

function envFilesBelow(folder: string, depth: number): string[] {
  const own = filesIn(folder, /^\.env(?:rc)?(?:$|[.-])|\.env$/);
  if (depth === 0) return own;
  return [...own, ...foldersIn(folder).flatMap((inner) => envFilesBelow(inner, depth - 1))];
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !NO_PROJECTS.test(entry.name))
      .map(({ name }) => join(folder, name));
  } catch {
    return []; // What may not be listed here is no place of the user's own.
  }
}

/** A file below a folder that is looked at anyway is looked at once. */
function withoutInner(paths: readonly string[]): string[] {
  const folders = new Set(paths);
  return paths.filter((path) => {
    for (let at = join(path, '..'); at !== join(at, '..'); at = join(at, '..')) if (folders.has(at)) return false;
    return true;
  });
}
