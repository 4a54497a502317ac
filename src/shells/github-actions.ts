import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { UserError } from '../errors.ts';

/** The workflow command that makes the runner star the value out of every log from here on. */
export function maskCommand(value: string): string {
  return `::add-mask::${value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}`;
}

/**
 * Sets the variable for the later steps of the job. The delimiter is random, so that no value can end its own block
 * and begin another variable.
 * @throws {UserError} `write_failed`
 */
export function appendVariable(file: string, name: string, value: string): void {
  const delimiter = `claude_keys_${randomUUID()}`;
  try {
    appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  } catch (cause) {
    throw new UserError('write_failed', `the file of GITHUB_ENV cannot be written: ${file}`, {
      hint: 'run this in a step of a GitHub Actions workflow',
      cause,
    });
  }
}
