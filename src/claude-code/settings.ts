import { join } from 'node:path';
import { applyEdits, modify, type ParseError, parse } from 'jsonc-parser';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { readUserFile, type UserFile } from '../files/user-file.ts';
import { settingNames, withoutSetting } from '../importing/edit/json.ts';

/**
 * Claude Code's settings files, read and edited without touching anything but `apiKeyHelper`: comments, trailing commas,
 * unknown settings and the indent stay as they are (jsonc-parser edits the text, it does not print it anew).
 */
export type Scope = 'user' | 'project' | 'local';

const NAME = 'apiKeyHelper';

export interface Settings {
  readonly scope: Scope;
  readonly file: UserFile;
  /** The command that Claude Code runs for a key; null when none is set. */
  readonly helper: string | null;
  /** Names of the variables that the file's `env` sets. */
  readonly variables: readonly string[];
}

/** Where each scope's file is (API-FACTS.md); `CLAUDE_CONFIG_DIR` moves the user's. */
export function settingsPath(ctx: Context, scope: Scope): string {
  switch (scope) {
    case 'user':
      return join(ctx.env['CLAUDE_CONFIG_DIR'] || join(ctx.home, '.claude'), 'settings.json');
    case 'project':
      return join(ctx.cwd, '.claude', 'settings.json');
    case 'local':
      return join(ctx.cwd, '.claude', 'settings.local.json');
  }
}

/** Why a file of this scope tells nothing; null when it can be read. */
export function whyUnread(ctx: Context, scope: Scope): string | null {
  try {
    readSettings(ctx, scope);
    return null;
  } catch (error) {
    if (error instanceof UserError) return error.message.replace(' was left alone', '');
    throw error;
  }
}

/** @throws {UserError} `bad_settings` when the file cannot be read or is not JSON with comments; it is never touched then. */
export function readSettings(ctx: Context, scope: Scope): Settings {
  const path = settingsPath(ctx, scope);
  let file: UserFile;
  try {
    file = readUserFile(path);
  } catch (cause) {
    throw badSettings(path, 'it cannot be read', cause);
  }
  const content = parsed(path, textOf(file));
  const { apiKeyHelper, env } = content;
  return {
    scope,
    file,
    helper: typeof apiKeyHelper === 'string' && apiKeyHelper !== '' ? apiKeyHelper : null,
    variables: typeof env === 'object' && env !== null ? Object.keys(env) : [],
  };
}

/** The file's content with another `apiKeyHelper`; null takes it out. */
export function withHelper({ file }: Settings, helper: string | null): Buffer {
  const text = textOf(file);
  if (text.trim() === '') return Buffer.from(`${JSON.stringify({ [NAME]: helper }, null, 2)}\n`);
  const fresh = helper === null ? withoutSetting(text, NAME) : withSetting(text, helper);
  const mark = file.content.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : Buffer.alloc(0);
  return Buffer.concat([mark, Buffer.from(fresh)]);
}

function withSetting(text: string, helper: string): string {
  // Without jsonc-parser's own formatting, which would also lay out the setting before it anew.
  const edits = modify(text, [NAME], helper, {}).map((edit) => ({
    ...edit,
    content: edit.content.replace(/^,/, `,${separatorOf(text)}`),
  }));
  return applyEdits(text, edits);
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function textOf({ path, content }: UserFile): string {
  try {
    // Refuses what is not UTF-8, since it could not be written back as it was.
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (cause) {
    throw badSettings(path, 'it is not UTF-8', cause);
  }
}

function parsed(path: string, text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  const errors: ParseError[] = [];
  const content: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) throw badSettings(path, `it is not JSON (at line ${lineAt(text, errors[0]?.offset ?? 0)})`);
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw badSettings(path, 'it holds something else than settings');
  if (settingNames(text).filter((name) => name === NAME).length > 1) throw badSettings(path, `it has ${NAME} twice`);
  return content as Record<string, unknown>;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** What stands between two settings of this file. */
function separatorOf(text: string): string {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  return text.trim().includes('\n') ? `${lineEnd}${/^([ \t]+)["/]/m.exec(text)?.[1] ?? '  '}` : ' ';
}

function badSettings(path: string, why: string, cause?: unknown): UserError {
  return new UserError('bad_settings', `${path} was left alone: ${why}`, {
    hint: 'correct it, then run the same command again',
    cause,
  });
}
