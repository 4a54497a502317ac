import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Installed, install } from '../support/installed.ts';
import { run, runProgram } from '../support/program.ts';
import { requireTools } from '../support/require.ts';

let machine: Installed;
let secret = '';
beforeAll(async () => {
  machine = await install('laptop');
  secret = machine.secrets['laptop'] ?? '';
});
afterAll(() => machine?.remove());

const copy = (args: readonly string[], env: Record<string, string>) =>
  runProgram(['copy', 'laptop', ...args], { env: { ...machine.env, ...env } });

describe('with a clipboard that is a file', () => {
  const env = { DISPLAY: ':99' };
  const board = () => readFileSync(join(machine.home, 'board'), 'utf8');

  beforeAll(() => {
    machine.addProgram(
      'xclip',
      '#!/bin/sh\necho "$*" >> "$HOME/calls"\ncase $* in *-out) cat "$HOME/board" ;; *) cat > "$HOME/board" ;; esac\n',
    );
  });

  test('the secret is there, then it is gone', async () => {
    const { code, stderr } = await copy(['--clear-after', '1.5'], env);
    expect({ code, board: board() }).toEqual({ code: 0, board: secret });
    expect(stderr).toContain('cleared in 1.5 seconds');
    await expect.poll(board, { timeout: 10_000 }).toBe('');
    expect(readFileSync(join(machine.home, 'calls'), 'utf8')).not.toContain(secret.slice(20, 40));
  });

  test('what was copied meanwhile stays', async () => {
    await copy(['--clear-after', '1'], env);
    writeFileSync(join(machine.home, 'board'), 'mine');
    await sleep(2_500);
    expect(board()).toBe('mine');
  });

  test('the process that clears it knows the secret by its SHA-256 only, and is in nobody’s way', async () => {
    const { stdout } = await copy(['--clear-after', '30', '--json'], { ...env, ANTHROPIC_AUTH_TOKEN: 'other' });
    expect(JSON.parse(stdout)).toEqual({ key: 'laptop', copied: true, clearsInSeconds: 30 });
    const { stdout: list } = await run('ps', ['-A', '-ww', '-o', 'pid=,args=']);
    const line = list.split('\n').find((each) => each.includes('clear-clipboard.js xclip ')) ?? '';
    const pid = Number(/^\s*(\d+)/.exec(line)?.[1]);
    onTestFinished(() => void process.kill(pid));
    expect(line).toMatch(/clear-clipboard\.js xclip [0-9a-f]{64} 30$/);
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environment).not.toContain(secret.slice(20, 40));
    expect(environment).not.toContain('ANTHROPIC_AUTH_TOKEN');
  });
});

describe.skipIf(!requireTools('Xvfb', 'xclip', 'xsel'))('with a real X clipboard', () => {
  test.each(['xclip', 'xsel'])('%s: the secret is there, then it is gone', async (tool) => {
    const server = spawn('Xvfb', ['-displayfd', '1', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void server.kill());
    const [number] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const env = { ...machine.env, DISPLAY: `:${number}` };
    // The script of the tests above is in the way of the real one.
    const real = process.env['PATH'] ?? '';
    if (tool === 'xsel') machine.addProgram('xclip', '#!/bin/sh\nexit 1\n');
    const path = tool === 'xsel' ? (machine.env['PATH'] ?? '') : real;
    const paste = async () => (await run('xsel', ['--clipboard', '--output'], { env })).stdout;
    const { code, stderr } = await copy(['--clear-after', '1.5'], { ...env, PATH: path });
    expect(code, stderr).toBe(0);
    expect(await paste()).toBe(secret);
    await expect.poll(paste, { timeout: 10_000 }).toBe('');
  });
});
