import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installed, install } from '../support/installed.ts';
import { run, runProgram } from '../support/program.ts';

// Where script/test-host has put it: npm has it for x86_64 alone, so it is not required.
const NU = fileURLToPath(new URL('../.tools/nushell/node_modules/@nushell/linux-x64/bin/nu', import.meta.url));
const here = existsSync(NU);
if (!here) process.stderr.write('suite skipped: not installed: nushell\n');

let machine: Installed;
beforeAll(async () => {
  machine = await install('prod', 'staging');
  await runProgram(['use', 'prod'], { env: machine.env });
});
afterAll(() => machine?.remove());

async function typed(options: readonly string[], lines: readonly string[]) {
  const { code, stdout: made } = await runProgram(['shell', 'init', 'nushell', ...options], { env: machine.env });
  expect(code).toBe(0);
  writeFileSync(join(machine.home, 'ck.nu'), made);
  writeFileSync(join(machine.home, 'script.nu'), ['source ck.nu', ...lines, ''].join('\n'));
  const { stdout, stderr } = await run(NU, ['--no-config-file', 'script.nu'], {
    env: machine.env,
    cwd: machine.home,
  });
  return { lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

const SHOW = 'print ($env.ANTHROPIC_API_KEY? | default none)';

describe.skipIf(!here)('a real nushell', () => {
  test('ckuse sets the variable, ckunuse unsets it', async () => {
    const { prod, staging } = machine.secrets;
    const script = [SHOW, 'ckuse', SHOW, 'ckuse staging', SHOW, 'ckunuse', SHOW, 'ckuse prod --var MY_KEY'];
    const { lines } = await typed(
      [],
      [...script, 'print $env.MY_KEY', 'ckunuse MY_KEY', 'print ($env.MY_KEY? | default none)'],
    );
    expect(lines).toEqual(['none', prod, staging, 'none', prod, 'none']);
  });

  test('what shell install advises makes the file that a nushell loads when it starts', async () => {
    const env = { ...machine.env, XDG_DATA_HOME: join(machine.home, 'none', 'yet') };
    const { stderr } = await runProgram(['shell', 'install', 'nushell'], { env });
    const line = /hint: in nushell: (.*)/.exec(stderr)?.[1] ?? 'no hint';
    expect(await run(NU, ['--no-config-file', '-c', line], { env })).toMatchObject({ code: 0, stderr: '' });
    const dirs = await run(NU, ['--no-config-file', '-c', '$nu.vendor-autoload-dirs | to text'], { env });
    expect(dirs.stdout.split('\n').some((folder) => existsSync(join(folder, 'claude-keys.nu')))).toBe(true);
  });

  test('ckuse tells what is wrong, and shows its help', async () => {
    const { lines, stderr } = await typed([], ['try { ckuse nobody }', 'print (ckuse --help)', SHOW]);
    expect(stderr).toContain('there is no key named nobody');
    expect(lines.join('\n')).toContain('Usage: claude-keys export');
    expect(lines.at(-1)).toBe('none');
  });

  test('--wrap gives the key to the command, with its arguments, and --eager to the shell', async () => {
    const { prod, staging } = machine.secrets;
    machine.addProgram('show-all', `#!/bin/sh\nprintenv ANTHROPIC_API_KEY\nfor each; do echo "<$each>"; done\n`);
    const wrapped = await typed(['--wrap', 'show-all'], [`show-all 'a b' "it's" '*' -x`, SHOW]);
    expect(wrapped.lines).toEqual([prod, '<a b>', "<it's>", '<*>', '<-x>', 'none']);
    expect((await typed(['--eager', '--key', 'staging'], [SHOW])).lines).toEqual([staging]);
    expect((await typed(['--eager', '--key', 'nobody'], [SHOW])).lines).toEqual(['none']);
  });

  test('--remind shows what is due once a day', async () => {
    const made = await runProgram(['remind', '--cache', '--json'], { env: machine.env });
    const file: string = JSON.parse(made.stdout).file;
    expect((await typed(['--remind'], ['print up'])).lines).toEqual(['up']);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'claude-keys: prod is due for rotation\n');
    const said = async () => (await typed(['--remind'], ['print up'])).stderr.trim();
    expect(await said()).toBe('claude-keys: prod is due for rotation');
    expect(await said()).toBe('');
    writeFileSync(`${file}.shown`, '20200101\n');
    writeFileSync(file, 'something due \x07 hostile\n');
    expect(await said()).toBe('');
  });
});
