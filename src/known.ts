import { standardOutput } from './terminal/output.ts';
import { HELP, VERSION } from './version.ts';

/** The program that answers `--version` and `--help` alone on the line, with text made at build time. */
standardOutput(1, () => process.stdout).write(process.argv[2] === '--help' ? HELP : `${VERSION}\n`);
