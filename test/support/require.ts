import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether every one of the programs is there, for suites that can run only with them:
 * `describe.skipIf(!requireTools('zsh'))`. Says on standard error what is missing.
 * @throws when one is missing and `CLAUDE_KEYS_TEST_REQUIRE=all`, so that CI cannot skip a suite unnoticed.
 */
export function requireTools(...tools: readonly string[]): boolean {
  const missing = tools.filter((tool) => !isOnPath(tool));
  return requirement(missing.length === 0, `not installed: ${missing.join(', ')}`);
}

/** The same for any other condition, with the reason in words: `requirement(platform === 'linux', 'this is not Linux')`. */
export function requirement(met: boolean, reason: string): boolean {
  if (met) return true;
  if (process.env['CLAUDE_KEYS_TEST_REQUIRE'] === 'all') {
    throw new Error(`this suite cannot run here and CLAUDE_KEYS_TEST_REQUIRE=all: ${reason}`);
  }
  process.stderr.write(`suite skipped: ${reason}\n`);
  return false;
}

function isOnPath(tool: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
