import { describe, expect, test, vi } from 'vitest';
import { progress } from '../../src/terminal/progress.ts';
import { TestMachine } from '../support/host.ts';

describe('progress', () => {
  test('draws one line that fits, replaces it and removes it', () => {
    vi.useFakeTimers();
    try {
      const ctx = new TestMachine().context({ stdoutIsTTY: true, columns: 20 });
      const line = progress(ctx, 'testing 3 keys');
      line.update('a text that is longer than the terminal is wide');
      vi.advanceTimersByTime(85);
      line.stop();
      line.stop();
      line.update('too late');
      vi.advanceTimersByTime(500);
      const drawn = ctx.stderr.text.split('\r\u001b[K');
      expect(drawn).toEqual(['', '⠋ testing 3 keys', '⠋ a text that is lo', '⠙ a text that is lo', '']);
      expect(ctx.stdout.text).toBe('');
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['not a terminal', {}, {}],
    ['--quiet', { stdoutIsTTY: true }, { quiet: true }],
    ['--json', { stdoutIsTTY: true }, { json: true }],
    ['a terminal that cannot move', { stdoutIsTTY: true, env: { TERM: 'dumb' } }, {}],
  ])('is silent: %s', (_, options, globals) => {
    const ctx = new TestMachine().context(options, globals);
    const line = progress(ctx, 'testing');
    line.update('more');
    line.stop();
    expect(ctx.stderr.text).toBe('');
  });
});
