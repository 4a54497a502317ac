import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** End-to-end tests run the built program: it is built once before them. */
export function setup(): void {
  if (process.env['CLAUDE_KEYS_TEST_PROGRAM']) return;
  execFileSync(process.execPath, [fileURLToPath(new URL('../../script/build.mjs', import.meta.url))], {
    stdio: 'inherit',
  });
}
