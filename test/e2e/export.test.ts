import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SHELLS } from '../../src/shells/index.ts';
import { type Installed, install } from '../support/installed.ts';
import { run } from '../support/program.ts';
import { requireTools } from '../support/require.ts';

let machine: Installed;
beforeAll(async () => {
  machine = await install('laptop');
});
afterAll(() => machine?.remove());

/** The shells that can be had on a CI machine, as they are started for a script. */
const STARTED = [
  ['bash', ['bash', '--norc', '--noprofile']],
  ['zsh', ['zsh', '-f']],
  ['sh', ['dash']],
  ['fish', ['fish', '--no-config']],
  ['csh', ['tcsh', '-f']],
  ['elvish', ['elvish', '-norc']],
  ['xonsh', ['xonsh', '--no-rc']],
] as const;

describe.each(STARTED)('in a real %s', (name, [program, ...args]) => {
  const shell = SHELLS[name];
  const script = async (lines: readonly string[]) => {
    const file = join(machine.home, `script.${name}`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    // SHELL is of no interest where the caller is a shell.
    return run(program, [...args, file], { env: { ...machine.env, SHELL: '/bin/none' }, cwd: machine.home });
  };

  test.skipIf(!requireTools(program))(
    'the line from the help sets the variable, without naming the shell',
    async () => {
      const result = await script([shell.evaluate('claude-keys export laptop'), 'printenv ANTHROPIC_API_KEY']);
      expect(result).toEqual({ code: 0, signal: null, stdout: `${machine.secrets['laptop']}\n`, stderr: '' });
    },
  );

  test.skipIf(!requireTools(program))('the same line with --unset unsets it', async () => {
    const result = await script([
      shell.setVar('ANTHROPIC_API_KEY', 'old'),
      shell.evaluate('claude-keys export laptop --unset'),
      'env',
    ]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).not.toContain('ANTHROPIC_API_KEY');
  });
});

test.skipIf(!requireTools('sh'))('a .env file is read by a shell, too', async () => {
  const line = 'claude-keys export --format dotenv > .env; . ./.env; echo "$ANTHROPIC_API_KEY"';
  const { stdout } = await run('sh', ['-c', line], { env: machine.env, cwd: machine.home });
  expect(stdout).toBe(`${machine.secrets['laptop']}\n`);
});
