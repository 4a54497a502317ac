import { HELP, VERSION } from '../version.ts';

/**
 * The answer to a line that needs nothing but text made at build time, or null: `--help` and `--version` come as fast
 * as Node starts. Everything else (`help add`, `add --help`) is commander's.
 */
export function earlyAnswer(argv: readonly string[]): string | null {
  if (argv.length !== 1) return null;
  if (argv[0] === '--version') return `${VERSION}\n`;
  return argv[0] === '--help' && HELP !== '' ? HELP : null;
}
