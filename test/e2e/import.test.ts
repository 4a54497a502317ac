import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, PROGRAM } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { Screen } from '../support/screen.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start('file');
});
afterAll(() => world.stop());

/** A project folder of its own, in the world's home. */
function project(name: string): string {
  const folder = join(world.home, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The files below the folder in which the text stands, temporary ones and all. */
function holding(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file, 'latin1').includes(text));
}

describe('import with the built program', () => {
  test('from the plain text of every tool into the store: what works before works after', async () => {
    const folder = project('shop');
    const [shop, personal] = [world.makeKey(), world.makeKey()];
    const files: readonly (readonly [path: string, before: string, after: string])[] = [
      [
        'shop/.env',
        `PORT=3000\r\nANTHROPIC_API_KEY="${shop}"\r\n`,
        'PORT=3000\r\n# ANTHROPIC_API_KEY is kept by claude-keys: claude-keys exec shop -- COMMAND\r\n',
      ],
      [
        '.zshrc',
        `source $ZSH/oh-my-zsh.sh\nexport EDITOR=vim ANTHROPIC_API_KEY=${personal}\n# end`,
        'source $ZSH/oh-my-zsh.sh\nexport EDITOR=vim\n# end',
      ],
      [
        '.config/io.datasette.llm/keys.json',
        `{\n  "// Note": "This file stores secret API credentials.",\n  "anthropic": "${personal}",\n  "gemini": "x"\n}`,
        '{\n  "// Note": "This file stores secret API credentials.",\n  "gemini": "x"\n}',
      ],
      ['.claude.json', `{"numStartups":3,"primaryApiKey":"${personal}"}`, '{"numStartups":3}'],
      ['.config/goose/secrets.yaml', `ANTHROPIC_API_KEY: ${personal}\nOPENAI_API_KEY: x\n`, 'OPENAI_API_KEY: x\n'],
      ['.aider.conf.yml', `dark-mode: true\nanthropic-api-key: ${personal}\n`, 'dark-mode: true\n'],
    ];
    for (const [path, before] of files) {
      mkdirSync(join(world.home, path, '..'), { recursive: true });
      writeFileSync(join(world.home, path), before, { mode: 0o640 });
    }
    const looked = await world.run(['import', '--dry-run', '--remove'], { cwd: folder });
    expect(looked.code, looked.stderr).toBe(0);
    for (const [path, before] of files) expect(readFileSync(join(world.home, path), 'utf8')).toBe(before);

    const done = await world.run(['import', '--yes', '--remove'], { cwd: folder });
    expect(done.code, done.stderr).toBe(0);
    for (const [path, , after] of files) {
      expect(readFileSync(join(world.home, path), 'utf8'), path).toBe(after);
      expect(statSync(join(world.home, path)).mode & 0o777).toBe(0o640);
    }
    for (const key of [shop, personal]) {
      expect(holding(world.home, key)).toEqual([]);
      expect(done.stdout + done.stderr).not.toContain(key.slice(20, 60));
    }
    expect((await world.run(['print', 'shop'])).stdout).toBe(`${shop}\n`);
    expect((await world.run(['print', 'llm'])).stdout).toBe(`${personal}\n`);

    const again = await world.run(['import'], { cwd: folder });
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toMatch(/^No keys were found in \d+ files\.\n$/);
  });

  test('what a password manager gives on standard input', async () => {
    const key = world.makeKey();
    const item = { title: 'Claude staging', fields: [{ label: 'credential', value: key }] };
    const result = await world.run(['import', '-', '--yes', '--json', '--env', 'staging'], {
      input: JSON.stringify(item),
    });
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout).found).toMatchObject([{ name: 'claude-staging', status: 'valid' }]);
    expect((await world.run(['print', 'claude-staging'])).stdout).toBe(`${key}\n`);
  });

  test.skipIf(!requireTools('tmux'))('in a terminal: the name is asked for, then whether to rewrite', async () => {
    const folder = project('term');
    const key = world.makeKey();
    writeFileSync(join(folder, '.env'), `ANTHROPIC_API_KEY=${key}\n`);
    const [node, script] = PROGRAM;
    const screen = new Screen(`cd ${folder} && '${node}' '${script}' import .env --remove`, { env: world.env });
    await screen.until('[term]:');
    screen.press('Enter');
    await screen.until('Take the key out of .env?');
    screen.type('y');
    screen.press('Enter');
    const lines = await screen.until('exit code: 0');
    expect(lines.join('\n')).toContain('Removed from .env (line 1).');
    expect(readFileSync(join(folder, '.env'), 'utf8')).toContain('claude-keys exec term -- COMMAND');
  });

  test('killed at any moment: the file is the old one or the new one, whole, and no key is lost', async () => {
    const folder = project('killed');
    const key = world.makeKey();
    const file = join(folder, '.env');
    const filler = 'OTHER="some text that makes the file long enough to take a while"\n'.repeat(30_000);
    const before = `${filler}ANTHROPIC_API_KEY=${key}\n${filler}`;
    const after = before.replace(
      /ANTHROPIC_API_KEY=.*/,
      '# ANTHROPIC_API_KEY is kept by claude-keys: claude-keys exec killed -- COMMAND',
    );
    writeFileSync(file, before);
    expect((await world.run(['import', '.env', '--yes'], { cwd: folder })).code).toBe(0);
    const begun = Date.now();
    expect((await world.run(['import', '.env', '--yes', '--remove'], { cwd: folder })).code).toBe(0);
    // Later after a run that came too short, earlier after one that came too far: around the moment of the change.
    let afterMs = Date.now() - begun;
    const seen = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      writeFileSync(file, before);
      await startAndKill(folder, afterMs);
      const now = readFileSync(file, 'utf8');
      expect(now === before || now === after).toBe(true);
      seen.add(now === before ? 'old' : 'new');
      afterMs *= now === before ? 1.1 : 0.9;
      expect(holding(folder, key).filter((path) => path !== file)).toEqual([]);
      expect((await world.run(['print', 'killed'])).stdout).toBe(`${key}\n`);
    }
    expect([...seen].sort()).toEqual(['new', 'old']);
    writeFileSync(file, before);
    expect((await world.run(['import', '.env', '--yes', '--remove'], { cwd: folder })).code).toBe(0);
    expect(holding(folder, key)).toEqual([]);
    rmSync(folder, { recursive: true });
  }, 180_000);
});

async function startAndKill(folder: string, afterMs: number): Promise<void> {
  const [node, script] = PROGRAM;
  const child = spawn(node, [script, 'import', '.env', '--yes', '--remove'], {
    cwd: folder,
    env: cleanEnvironment(world.env),
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await sleep(afterMs);
  child.kill('SIGKILL');
  await ended;
}
