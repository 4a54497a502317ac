import { join } from 'node:path';
import type { Context } from '../context.ts';
import { readIfThere } from '../files/replace.ts';
import type { Secret } from '../keys/secret.ts';

/** Claude Code remembers a key from the environment that was approved by its last characters (API-FACTS.md). */
const REMEMBERED = 20;

/**
 * Whether Claude Code was told to use this secret when it stands in its environment; then it asks again for the one that
 * comes after it. False when its file cannot be read or understood: this is for a note only.
 */
export function isApproved(ctx: Context, secret: Secret): boolean {
  try {
    const raw = readIfThere(join(ctx.env['CLAUDE_CONFIG_DIR'] || ctx.home, '.claude.json'));
    const { customApiKeyResponses } = JSON.parse(raw?.toString('utf8') ?? '{}') as Answers;
    return customApiKeyResponses?.approved?.includes(secret.reveal().slice(-REMEMBERED)) === true;
  } catch {
    return false;
  }
}

interface Answers {
  readonly customApiKeyResponses?: { readonly approved?: readonly string[] };
}
