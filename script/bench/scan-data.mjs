// What `npm run bench -- scan` looks through: a work tree of many files and a repository with many commits, both made of
// text like a program's, with keys of the real form in known places. Made by a fixed sequence, so that runs compare.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small generator of numbers from 0 to 1: the same ones in every run. */
export function sequence(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

export function makeKey(random) {
  return `sk-ant-api03-${Array.from({ length: 93 }, () => ALPHABET[Math.floor(random() * 64)]).join('')}AA`;
}

/** Text with the words, signs and line lengths of code. */
function sourceText(random, size) {
  const words = Array.from({ length: 3_000 }, () =>
    Array.from({ length: 2 + random() * 9 }, () => ALPHABET[26 + Math.floor(random() * 26)]).join(''),
  );
  const signs = [' = ', '(', ') ', '.', ', ', ' ', ' ', ' ', '-', ': ', '_', "'"];
  const lines = [];
  for (let length = 0; length < size; length += lines.at(-1).length + 1) {
    const count = 2 + random() * 12;
    let line = '  '.repeat(random() * 4);
    for (let at = 0; at < count; at += 1) {
      line += words[Math.floor(random() ** 2 * words.length)] + signs[Math.floor(random() * signs.length)];
    }
    lines.push(line);
  }
  return Buffer.from(lines.join('\n'));
}

/** `count` files with about `bytes` in all; every thousandth has a key. Gives how many keys there are. */
export function makeTree(folder, count, bytes) {
  const random = sequence(1);
  const text = sourceText(random, 8_000_000);
  let keys = 0;
  for (let at = 0; at < count; at += 1) {
    const inFolder = join(folder, `part-${Math.floor(at / 2_000)}`, `module-${Math.floor(at / 50)}`);
    if (at % 50 === 0) mkdirSync(inFolder, { recursive: true });
    const size = Math.floor((bytes / count) * 2 * random()) + 1;
    const begin = Math.floor(random() * (text.length - size));
    const content = text.subarray(begin, begin + size);
    const key = at % 1_000 === 500 ? Buffer.from(`\nkey = "${makeKey(random)}"\n`) : Buffer.alloc(0);
    if (key.length > 0) keys += 1;
    writeFileSync(join(inFolder, `file-${at}.ts`), Buffer.concat([content, key]));
  }
  return keys;
}

/** A repository with `commits` commits on `main`, every twentieth a merge; every thousandth adds a key, the next removes it. */
export async function makeRepository(folder, commits, git) {
  const random = sequence(2);
  const text = sourceText(random, 2_000_000).toString('latin1');
  await run(git, ['init', '-q', '-b', 'main', folder]);
  const child = spawn(git, ['-C', folder, 'fast-import', '--quiet', '--force'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const write = async (piece) => child.stdin.write(piece) || (await once(child.stdin, 'drain'));
  const slices = Array.from({ length: 1_000 }, () => lines(text, random));
  let keys = 0;
  for (let at = 1; at <= commits; at += 1) {
    const author = `committer A <a@example.com> ${1_600_000_000 + at * 600} +0000\n`;
    const message = `change ${at}\n\n${slices[at % 1_000].slice(0, 80).replace(/\n/g, ' ')}\n`;
    const merged = at % 20 === 0 ? `merge :${at - 10}\n` : '';
    const from = at === 1 ? '' : `from :${at % 20 === 0 ? at - 1 : at - 1}\n`;
    let files = '';
    for (let file = 0; file < 3; file += 1) {
      const which = Math.floor(random() * 1_500);
      const slice = slices[which % 1_000];
      let content = `${slice}\n// change ${at}\n${slices[(which * 7) % 1_000]}`;
      if (file === 0 && at % 1_000 === 500) {
        content += `\nkey = "${makeKey(random)}"\n`;
        keys += 1;
      }
      files += `M 100644 inline src/part-${which % 30}/file-${which}.ts\n${data(content)}`;
    }
    await write(`commit refs/heads/main\nmark :${at}\n${author}${data(message)}${from}${merged}${files}\n`);
  }
  child.stdin.end();
  await once(child, 'exit');
  await run(git, ['-C', folder, 'reset', '-q', '--hard']);
  return keys;
}

function lines(text, random) {
  const begin = Math.floor(random() * (text.length - 6_000));
  return text.slice(begin, begin + 500 + Math.floor(random() * 5_000));
}

function data(text) {
  return `data ${Buffer.byteLength(text, 'latin1')}\n${text}\n`;
}

async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}`);
}
