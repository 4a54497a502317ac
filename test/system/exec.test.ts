import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installed, install } from '../support/installed.ts';
import { run } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { Screen } from '../support/screen.ts';

let machine: Installed;
beforeAll(async () => {
  machine = await install('laptop');
});
afterAll(() => machine?.remove());

describe.skipIf(!requireTools('script', 'bash'))('exec in a terminal of its own', () => {
  test('gives every exit code from 0 to 255', { timeout: 240_000 }, async () => {
    const file = join(machine.home, 'codes.sh');
    const log = join(machine.home, 'codes');
    writeFileSync(
      file,
      `for code in {0..255}; do claude-keys exec laptop -- sh -c "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && exit $code"; echo "$code $?" >> ${log}; done\n`,
    );
    await run('script', ['-qec', `bash ${file}`, '/dev/null'], { env: machine.env, timeoutMs: 200_000 });
    const expected = Array.from({ length: 256 }, (_, code) => `${code} ${code}`);
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(expected);
  });
});

describe.skipIf(!requireTools('tmux', 'bash'))('a terminal that is closed', () => {
  test('ends the command and leaves nothing behind', async () => {
    const log = join(machine.home, 'closed');
    const program = `trap 'echo HUP >> ${log}; exit' HUP; echo $$ > ${log}.pid; echo ready; while :; do sleep 0.1; done`;
    machine.addProgram('waiting', `#!/bin/bash\n${program}\n`);
    const screen = new Screen('bash --norc --noprofile -i', { env: { ...machine.env, PS1: '$ ', HISTFILE: '' } });
    await screen.until('$');
    screen.type('claude-keys exec laptop -- waiting');
    screen.press('Enter');
    await screen.until('ready');
    const pid = Number(readFileSync(`${log}.pid`, 'utf8'));
    screen.close();
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8'), { timeout: 10_000 }).toBe('HUP\n');
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
  });
});
