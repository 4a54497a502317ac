import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/host.ts';
import { PROGRAM } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { Screen } from '../support/screen.ts';
import { makeKey } from '../support/secrets.ts';

const QUESTION = 'Paste the key: ';

/** A program that asks one question on a real terminal; its answer goes to a file, as JSON. */
async function ask(kind: 'secret' | 'text' | 'confirm', question: string, ...more: string[]) {
  const folder = temporaryFolder();
  const script = join(folder, 'ask.cjs');
  const answer = join(folder, 'answer');
  const prompts = fileURLToPath(new URL('../../src/terminal/prompts.ts', import.meta.url));
  await build({
    stdin: {
      contents: `import { terminalPrompter } from ${JSON.stringify(prompts)};
        terminalPrompter[${JSON.stringify(kind)}](...${JSON.stringify([question, ...more])}).then(
          (answer) => process.stdout.write(JSON.stringify(answer)),
          (error) => { console.error(error.message); process.exitCode = error.exitCode; });`,
      resolveDir: folder,
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: script,
    logLevel: 'error',
  });
  const screen = new Screen(`${PROGRAM[0]} ${script} > ${answer}`);
  await screen.until(question);
  return { screen, answer: () => JSON.parse(readFileSync(answer, 'utf8')) as string | boolean };
}

/** What the screen shows for so many stars behind the question. */
function starred(count: number, columns = 80): string[] {
  return `${QUESTION}${'*'.repeat(count)}`.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
}

describe.skipIf(!requireTools('tmux'))('prompts on a real terminal', () => {
  test.each([
    ['marked as a paste', true],
    ['sent like keys', false],
  ])('a pasted key is one star a character and never itself; its line end submits (%s)', async (_, marked) => {
    const { screen, answer } = await ask('secret', 'Paste the key');
    const key = makeKey();
    screen.paste(`${key}\n`, marked);
    expect(await screen.until('exit code')).toEqual([...starred(108), 'exit code: 0']);
    expect(answer()).toBe(key);
  });

  test('a paste without a line end waits for Enter, and can be corrected across the edge of the screen', async () => {
    const { screen, answer } = await ask('secret', 'Paste the key');
    const key = makeKey();
    screen.paste(`${key.slice(0, 65)}xyz`);
    expect(await screen.until((text) => text.includes('\n***'))).toEqual(starred(68));
    screen.press('BSpace', 'BSpace', 'BSpace');
    await screen.until((text) => text === starred(65).join('\n'));
    screen.paste(key.slice(65));
    expect(await screen.until((text) => text.includes('\n*'))).toEqual(starred(108));
    screen.press('Enter');
    await screen.until('exit code: 0');
    expect(answer()).toBe(key);
  });

  test('a resize leaves no stars behind', async () => {
    const { screen } = await ask('secret', 'Paste the key');
    screen.paste(makeKey());
    await screen.until((text) => text === starred(108).join('\n'));
    screen.resize(50);
    screen.press('BSpace');
    await screen.until((text) => text === starred(107, 50).join('\n'));
    screen.press('C-u');
    await screen.until((text) => text === QUESTION.trim());
  });

  test('a key that was wrapped when it was copied arrives whole, and nothing is left over for the shell', async () => {
    const { screen, answer } = await ask('secret', 'Paste the key');
    const key = makeKey();
    screen.paste(`${key.slice(0, 80)}\n${key.slice(80)}\n`);
    const lines = await screen.until('exit code');
    expect(lines).toEqual([...starred(109), 'exit code: 0']);
    expect(answer()).toBe(`${key.slice(0, 80)}\n${key.slice(80)}`);
  });

  test('where pastes are not marked, the rest of one is swallowed', async () => {
    const { screen, answer } = await ask('secret', 'Paste the key');
    screen.paste('sk-ant-one\nsk-ant-two\n', false);
    expect(await screen.until('exit code')).toEqual([...starred(10), 'exit code: 0']);
    expect(answer()).toBe('sk-ant-one');
  });

  test.each(['C-c', 'Escape', 'C-d'])('%s gives up with exit 130', async (key) => {
    for (const [kind, shown] of [
      ['secret', 'Paste the key:'],
      ['text', 'Paste the key [production]:'],
      ['confirm', 'Paste the key [y/N]'],
    ] as const) {
      const { screen } = await ask(kind, 'Paste the key', 'production');
      screen.press(key);
      const after = await screen.until('exit code');
      expect(after, kind).toEqual([shown, 'interrupted; nothing was changed', 'exit code: 130']);
    }
  });

  test.each([
    ['text', '', 'production'],
    ['text', 'mine', 'mine'],
    ['confirm', '', false],
    ['confirm', 'y', true],
    ['confirm', 'YES', true],
    ['confirm', 'yeah, no', false],
  ] as const)('%s answered with "%s" is %j', async (kind, typed, expected) => {
    const { screen, answer } = await ask(kind, 'Well?', 'production');
    screen.type(typed);
    screen.press('Enter');
    await screen.until('exit code: 0');
    expect(answer()).toBe(expected);
  });

  test('add, interrupted at its prompt with its output piped, stores nothing', async () => {
    const home = temporaryFolder();
    const env = { HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys') };
    const screen = new Screen(`${PROGRAM.join(' ')} add production > ${home}/out`, { env });
    await screen.until(':');
    screen.type('sk-ant-secret');
    await screen.until('*************');
    screen.press('C-c');
    const lines = await screen.until('exit code: 130');
    expect(lines.join('\n')).not.toContain('sk-ant-secret');
    expect(readFileSync(join(home, 'out'), 'utf8')).toBe('');
    expect(existsSync(join(home, 'keys', 'registry.json'))).toBe(false);
  });
});
