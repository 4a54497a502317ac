import { describe, expect, onTestFinished, test } from 'vitest';
import { PROGRAM } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { Screen } from '../support/screen.ts';
import { makeAdminKey } from '../support/secrets.ts';
import { World } from '../support/world.ts';

/** The shell around it outlives Ctrl-C, as one that a person types into does. */
const COMMAND = `trap : INT; ${PROGRAM.join(' ')} usage --watch`;
/** What the terminal is set to, before and after. */
const SETTINGS = 'stty -a | cksum';

async function organization(): Promise<World> {
  const world = await World.start('file');
  onTestFinished(() => world.stop());
  const secret = makeAdminKey();
  world.api.addKey(secret);
  await world.run(['add', 'admin'], { input: secret });
  world.api.analytics.now = new Date();
  world.api.analytics.refreshedAt = new Date().toISOString();
  return world;
}

function use(world: World, cents: string): void {
  const day = new Date().toISOString().slice(0, 10);
  world.api.analytics.add({ day, keyId: 'apikey_one', model: 'claude-haiku-5-5', requests: 1, cents });
}

describe.skipIf(!requireTools('tmux'))('usage --watch on a real terminal', () => {
  test('shows new numbers when there are some, and leaves the terminal as it was', { timeout: 90_000 }, async () => {
    const world = await organization();
    use(world, '150');
    const screen = new Screen(`echo before; ${SETTINGS}; ${COMMAND}; echo "ended: $?"; ${SETTINGS}`, {
      env: world.env,
    });
    const first = await screen.until('Ctrl-C ends it');
    expect(first.join('\n')).toMatch(/^\$1\.50 /);
    expect(first.join('\n')).not.toContain('before');
    use(world, '275');
    await expect.poll(() => screen.lines().join('\n'), { timeout: 60_000, interval: 250 }).toMatch(/^\$4\.25 /);
    // Nothing of the numbers before is left, and what was on the terminal before can be scrolled to.
    expect(screen.lines().join('\n')).not.toContain('$1.50');
    screen.press('C-c');
    await screen.until('exit code');
    const history = screen.history();
    expect(history).toContain('ended: 0');
    expect(history).toContain('before');
    const sums = history.filter((line) => /^\d+ \d+$/.test(line));
    expect(sums).toEqual([sums[0], sums[0]]);
  });

  test('says that the service gave no answer of its own, and goes on', async () => {
    const world = await organization();
    world.api.setAnswer('html_404');
    const screen = new Screen(COMMAND, { env: world.env });
    const lines = await screen.until('Ctrl-C ends it');
    expect(lines.join('\n')).toContain('again in 30 s');
    screen.press('C-c');
    await screen.until('exit code: 0');
  });

  test('into a pipe is refused, with what to do instead', async () => {
    const { code, stdout, stderr } = await (await organization()).run(['usage', '--watch']);
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      'claude-keys: --watch is for a terminal\nclaude-keys: hint: without it: claude-keys usage\n',
    ]);
  });
});
