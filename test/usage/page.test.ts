import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { requireTools } from '../support/require.ts';
import { daysAgo, usageScene, useSteadily } from './scene.ts';

const run = promisify(execFile);

describe.skipIf(!requireTools('chromium'))('the page in a real browser', () => {
  test('shows its charts', { timeout: 60_000 }, async () => {
    const scene = await usageScene();
    useSteadily(scene);
    scene.api.analytics.add({ day: daysAgo(3), keyId: scene.id('ci'), cents: '900' });
    await scene.run(['budget', 'set', 'production', '40/month']);
    await scene.run(['usage', '--html', 'usage.html']);
    const { home } = scene.machine;
    const chromium = (...args: string[]) =>
      run('chromium', [...CHROMIUM, `--user-data-dir=${join(home, 'profile')}`, ...args, `file://${home}/usage.html`], {
        env: { PATH: process.env['PATH'], HOME: home },
        timeout: 50_000,
        maxBuffer: 1e8,
      });
    const picture = join(home, 'page.png');
    await chromium('--window-size=1000,1000', `--screenshot=${picture}`);
    const pixels = decode(readFileSync(picture));
    expect([pixels.width, pixels.height]).toEqual([1000, 1000]);
    // Seven bars of a chart and two of a table in one colour, a budget that is passed in another.
    expect(pixels.count(0xc9, 0x64, 0x42)).toBeGreaterThan(5_000);
    expect(pixels.count(0xc5, 0x30, 0x30)).toBeGreaterThan(3_000);
    const { stdout } = await chromium('--dump-dom');
    expect(stdout.match(/<rect class="bar"[^>]* height="(?!0\.0")/g)).toHaveLength(7);
    writeFileSync(picture, '');
  });
});

const CHROMIUM = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--hide-scrollbars',
  '--no-first-run',
  '--force-device-scale-factor=1',
];

/** The pixels of a PNG as Chromium makes them: eight bits a channel, with or without an alpha channel. */
function decode(png: Buffer): { width: number; height: number; count(r: number, g: number, b: number): number } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = png[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const left = x >= channels ? (out[y * stride + x - channels] ?? 0) : 0;
      const up = y > 0 ? (out[(y - 1) * stride + x] ?? 0) : 0;
      const corner = x >= channels && y > 0 ? (out[(y - 1) * stride + x - channels] ?? 0) : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter ?? 0] ?? 0;
      out[y * stride + x] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess;
    }
  }
  const count = (r: number, g: number, b: number) => {
    let found = 0;
    for (let at = 0; at < out.length; at += channels) {
      if (out[at] === r && out[at + 1] === g && out[at + 2] === b) found += 1;
    }
    return found;
  };
  return { width, height, count };
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
