import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { requirement, requireTools } from '../support/require.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { startStandin } from '../support/standin/index.ts';

interface Finding {
  readonly file: string;
  readonly where: string;
  readonly line: number;
  readonly column: number;
  readonly encoding: string | null;
  readonly key: string | null;
  readonly live: string | null;
  readonly next: readonly string[];
  readonly redacted: string;
  readonly fingerprint: string;
  readonly occurrences: readonly Finding[];
}
interface Skip {
  readonly what: string;
  readonly why: string;
  readonly failed: boolean;
}

const fingerprintOf = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;

async function scan(machine: TestMachine, args: readonly string[] = [], options: TestOptions = {}) {
  const { code, stdout } = await machine.run(['scan', ...args, '--json'], {
    cwd: join(machine.home, 'project'),
    ...options,
  });
  return { code, stdout, ...(JSON.parse(stdout) as { findings: Finding[]; skipped: Skip[]; allowed: number }) };
}

/** A project with these files. */
function project(files: Readonly<Record<string, string | Buffer>> = {}): { machine: TestMachine; root: string } {
  const machine = new TestMachine();
  const root = join(machine.home, 'project');
  mkdirSync(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return { machine, root };
}

describe('scan', () => {
  test('a small file that is made to be decoded without end is told too', async () => {
    const { machine } = project({ 'a.txt': 'c2stYW50L'.repeat(60_000) });
    const { code, skipped } = await scan(machine);
    expect({ code, skipped }).toMatchObject({ code: 5, skipped: [{ what: 'a.txt', failed: true }] });
  });

  test('nothing found: exit 0, and it is said how much was looked at', async () => {
    const { machine, root } = project({ 'a.txt': 'clean' });
    expect(await machine.run(['scan'], { cwd: root })).toEqual({
      code: 0,
      stdout: '',
      stderr: 'No Claude credential found in 1 file, 1 kB.\n',
    });
  });

  test('one credential in many places is one finding, redacted, with all of them', async () => {
    const key = makeKey();
    const { machine } = project({
      'b.txt': `x ${key}\n\n  ${key}\n`,
      'a/.env': `K=${key}`,
      'c.bin': Buffer.from(key).toString('base64'),
    });
    const { code, findings, stdout } = await scan(machine);
    expect(code).toBe(1);
    expect(stdout).not.toContain(key.slice(16, 60));
    expect(findings).toMatchObject([
      {
        kind: 'api',
        confidence: 'high',
        file: join('a', '.env'),
        line: 1,
        column: 3,
        where: 'worktree',
        redacted: `${key.slice(0, 16)}...${key.slice(-4)}`,
        fingerprint: fingerprintOf(key),
        key: null,
        live: null,
        commit: null,
        occurrences: [
          { file: join('a', '.env') },
          { file: 'b.txt', line: 1, column: 3, endLine: 1, encoding: null },
          { file: 'b.txt', line: 3, column: 3 },
          { file: 'c.bin', encoding: 'base64' },
        ],
      },
    ]);
  });

  test('names: a key in the name of a file, of a folder, in the target of a link', async () => {
    const keys = [makeKey(), makeKey(), makeKey()] as const;
    const { machine, root } = project({ [`${keys[0]}.txt`]: '', [join(keys[1], 'x')]: '' });
    symlinkSync(keys[2], join(root, 'link'));
    const { findings, stdout } = await scan(machine);
    expect(findings.map(({ fingerprint }) => fingerprint).sort()).toEqual(keys.map(fingerprintOf).sort());
    for (const key of keys) expect(stdout).not.toContain(key.slice(16, 60));
  });

  test('standard input, also when it is an archive', async () => {
    const { machine } = project();
    const key = makeKey();
    expect(await scan(machine, ['--stdin'], { stdin: `a\nb ${key}` })).toMatchObject({
      code: 1,
      findings: [{ where: 'stdin', file: '<stdin>', line: 2, column: 3 }],
    });
    expect(await scan(machine, ['--stdin'], { stdin: gzipSync(key) })).toMatchObject({ code: 1 });
    expect(await scan(machine, ['--stdin'], { stdin: 'clean' })).toMatchObject({ code: 0, findings: [] });
  });

  test('passes over dependencies and says so; --all does not', async () => {
    const { machine } = project({ 'node_modules/x/index.js': makeKey(), 'a.txt': '' });
    expect(await scan(machine)).toMatchObject({ code: 0, skipped: [{ what: 'node_modules', failed: false }] });
    expect(await scan(machine, ['--all'])).toMatchObject({ code: 1, skipped: [] });
    expect(await scan(machine, ['node_modules'])).toMatchObject({ code: 1 });
  });

  test.each([
    'claude-keys:allow',
    'gitleaks:allow',
    'trufflehog:ignore',
    'pragma: allowlist secret',
    'secretlint-disable-line',
  ])('a comment allows its line: %s', async (comment) => {
    const { machine } = project({ 'a.txt': `k = "${makeKey()}" # ${comment}\n` });
    expect(await scan(machine)).toMatchObject({ code: 0, findings: [], allowed: 1 });
  });

  test('.claude-keys-scan.json accepts paths and fingerprints, with a reason each', async () => {
    const [inFixture, revoked, other] = [makeKey(), makeKey(), makeKey()];
    const { machine, root } = project({ 'test/fixtures/deep/a.txt': inFixture, 'b.txt': revoked, 'c.txt': other });
    const accept = (content: unknown) => writeFileSync(join(root, '.claude-keys-scan.json'), JSON.stringify(content));
    accept({
      paths: [{ path: 'test/fixtures/**', reason: 'made up' }],
      fingerprints: [{ fingerprint: fingerprintOf(revoked), reason: 'revoked' }],
    });
    const { findings, allowed } = await scan(machine);
    expect(findings.map(({ file }) => file)).toEqual(['c.txt']);
    expect(allowed).toBe(2);
    // As editors of Windows write it.
    const own = JSON.stringify({ paths: [{ path: 'c.txt', reason: 'known' }] });
    writeFileSync(join(root, '.claude-keys-scan.json'), `\ufeff${own}`);
    expect((await scan(machine)).allowed).toBe(1);
    accept({ paths: [{ path: 'test/fixtures/**' }] });
    expect(await machine.run(['scan'], { cwd: root })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('reason'),
    });
  });

  test('--baseline: known by fingerprint and file, wherever the line went', async () => {
    const { machine, root } = project({ 'a.txt': makeKey() });
    writeFileSync(join(machine.home, 'baseline.json'), (await scan(machine)).stdout);
    const old = execFileSync('cat', [join(root, 'a.txt')], { encoding: 'utf8' });
    writeFileSync(join(root, 'a.txt'), `moved\ndown\n${old}`);
    const baseline = ['--baseline', join(machine.home, 'baseline.json')];
    expect(await scan(machine, baseline)).toMatchObject({ code: 0, findings: [], allowed: 1 });
    writeFileSync(join(root, 'copy.txt'), old);
    expect(await scan(machine, baseline)).toMatchObject({ code: 1, findings: [{ file: 'copy.txt' }] });
  });

  test.each(['{', '[]', '{"findings":[1]}', '{"findings":[{"fingerprint":"x","occurrences":[null]}]}'])(
    'a baseline that is none is refused: %s',
    async (content) => {
      const { machine, root } = project({ 'baseline.json': content });
      expect(await machine.run(['scan', '--baseline', 'baseline.json'], { cwd: root })).toMatchObject({ code: 2 });
    },
  );

  test('says whose it is, whether it works, and what to do', async () => {
    const api = await startStandin();
    try {
      const { machine, root } = project();
      const [stored, live, dead, admin] = [makeKey(), makeKey(), makeKey(), makeAdminKey()] as const;
      for (const key of [stored, live, admin]) api.addKey(key);
      const env = { ANTHROPIC_BASE_URL: api.url };
      await machine.run(['add', 'production'], { stdin: stored, env });
      const before = api.requests.length;
      for (const [name, key] of Object.entries({ stored, live, dead, admin }))
        writeFileSync(join(root, name), `${key}\n${key}`);
      const { findings } = await scan(machine, ['--verify'], { env });
      const byFile = Object.fromEntries(findings.map((finding) => [finding.file, finding]));
      expect(byFile['stored']).toMatchObject({ key: 'production', live: 'valid' });
      expect(byFile['stored']?.next).toEqual([
        'claude-keys rotate production --retire now',
        'claude-keys import stored --remove',
      ]);
      expect(byFile['live']).toMatchObject({ key: null, live: 'valid' });
      expect(byFile['live']?.next.join()).toMatch(/Console.*claude-keys import live.*--remove/);
      expect(byFile['dead']).toMatchObject({ live: 'rejected', next: ['claude-keys import dead --remove'] });
      expect(byFile['admin']).toMatchObject({ live: 'valid', kind: 'admin' });
      // Each once, and with nothing that costs.
      expect(api.requests.length - before).toBe(4);
      expect(api.requests.slice(before).every(({ method }) => method === 'GET')).toBe(true);
      const elsewhere = { ANTHROPIC_BASE_URL: 'https://evil.example' };
      expect(await machine.run(['scan', '--verify'], { cwd: root, env: elsewhere })).toMatchObject({ code: 6 });
    } finally {
      await api.stop();
    }
  });

  test('--home: histories, profiles, transcripts, settings of tools, .env files, the environment', async () => {
    const { machine } = project();
    const places = [
      '.bash_history',
      '.zshrc',
      '.claude/projects/x/1.jsonl',
      '.docker/config.json',
      '.npmrc',
      'code/app/.env.local',
      'code/.envrc',
      '.tmux.conf',
      '.cargo/config.toml',
    ];
    for (const path of places) {
      mkdirSync(join(machine.home, path, '..'), { recursive: true });
      writeFileSync(join(machine.home, path), makeKey());
    }
    const { findings } = await scan(machine, ['--home'], { env: { SOME_KEY: makeKey() } });
    const files = findings.map(({ file }) => file);
    for (const path of places) expect(files).toContain(join(machine.home, path));
    expect(files).toContain('<environment: SOME_KEY>');
  });

  test.each([
    [['--staged', '--history'], 2],
    [['--sarif', '--junit'], 2],
    [['--stdin', 'path'], 2],
    [['no-such-file'], 2],
    [['--interactive'], 2],
    [['--watch', 'no-such-folder'], 2],
    [['--watch', '.', '..'], 2],
    [['--watch', '--stdin'], 2],
    [['--watch', '--clipboard'], 2],
    [['--watch', '--sarif'], 2],
    [['--baseline', 'no-such-file'], 2],
  ])('%j is refused', async (args, code) => {
    const { machine, root } = project();
    expect(await machine.run(['scan', ...args], { cwd: root })).toMatchObject({ code });
  });

  test('--interactive: what is accepted with a reason is accepted the next time', async () => {
    const { machine, root } = project({ 'a.txt': makeKey() });
    const answers = ['a', 'an example'];
    const prompter = { text: async () => answers.shift() ?? '' };
    await machine.run(['scan', '--interactive'], { cwd: root, stdinIsTTY: true, prompter });
    expect(await scan(machine)).toMatchObject({ code: 0, allowed: 1 });
  });

  test('--interactive: a key is stored and taken out of its file', async () => {
    const key = makeKey();
    const { machine, root } = project({ '.env': `A=1\nANTHROPIC_API_KEY=${key}\n` });
    const api = await startStandin();
    api.addKey(key);
    try {
      const answers = ['i', 'found'];
      const prompter = { text: async () => answers.shift() ?? '', confirm: async () => true };
      const env = { ANTHROPIC_BASE_URL: api.url };
      await machine.run(['scan', '--interactive'], { cwd: root, stdinIsTTY: true, prompter, env });
      expect(await scan(machine)).toMatchObject({ code: 0, findings: [] });
      expect((await machine.run(['print', 'found'])).stdout).toBe(`${key}\n`);
    } finally {
      await api.stop();
    }
  });
});

describe.skipIf(!requireTools('zip', 'tar', 'git'))('archives', () => {
  test('zip, wheel, jar, tar, tgz, one in the other, notebooks', async () => {
    const keys = Array.from({ length: 6 }, () => makeKey());
    const { machine, root } = project({
      'in/a.txt': `x\n${keys[0]}`,
      'nb.ipynb': JSON.stringify({ cells: [{ source: [`k="${keys[1]}"\n`] }] }),
    });
    const sh = (line: string) => execFileSync('sh', ['-c', line], { cwd: root, stdio: 'pipe' });
    sh('zip -q a.zip in/a.txt');
    writeFileSync(join(root, 'in/a.txt'), `${keys[2]} `.repeat(3));
    sh('zip -q b.whl in/a.txt && zip -q c.jar b.whl && rm b.whl');
    writeFileSync(join(root, 'in/a.txt'), keys[3] as string);
    sh('tar cf d.tar in');
    writeFileSync(join(root, 'in/a.txt'), keys[4] as string);
    sh(
      `mkdir -p in/${'long-'.repeat(30)} && cp in/a.txt in/${'long-'.repeat(30)}/b.txt && tar czf e.tgz in && zip -q f.zip e.tgz && rm e.tgz`,
    );
    writeFileSync(join(root, 'in/a.txt'), keys[5] as string);
    sh('tar czf g.tar.gz in/a.txt && rm -r in');
    const { code, findings, skipped } = await scan(machine);
    expect(code).toBe(1);
    expect(skipped).toEqual([]);
    const files = findings.map(({ file, where }) => `${where} ${file}`).sort();
    expect(files).toEqual([
      'archive a.zip!in/a.txt',
      'archive c.jar!b.whl!in/a.txt',
      'archive d.tar!in/a.txt',
      'archive f.zip!e.tgz!in/a.txt',
      'archive g.tar.gz!in/a.txt',
      'worktree nb.ipynb',
    ]);
    expect(findings.find(({ file }) => file.startsWith('a.zip'))).toMatchObject({ line: 2, column: 1 });
  });

  test('a zip in a zip in a zip; what is nested is held in memory once', async () => {
    const key = makeKey();
    const { machine, root } = project({ 'a.txt': key });
    const sh = (line: string) => execFileSync('sh', ['-c', line], { cwd: root, stdio: 'pipe' });
    sh('zip -q 1.zip a.txt && zip -q 2.zip 1.zip && zip -q 3.zip 2.zip && zip -q 4.zip 3.zip && rm a.txt [123].zip');
    // Each of 40 MB, and each in the next one: only the first has its place.
    sh('head -c 40000000 /dev/zero >big && zip -0q 5.zip big && zip -0q 6.zip 5.zip && zip -0q 7.zip 6.zip');
    sh('rm big 5.zip 6.zip');
    const { code, findings, skipped } = await scan(machine);
    expect(code).toBe(1);
    expect(findings.map(({ file }) => file)).toEqual(['4.zip!3.zip!2.zip!1.zip!a.txt']);
    expect(skipped).toEqual([{ what: '7.zip!6.zip!5.zip', failed: true, why: expect.stringContaining('48 MB') }]);
    const streamed = await scan(machine, ['--stdin'], { stdin: readFileSync(join(root, '4.zip')) });
    expect(streamed.findings.map(({ file }) => file)).toEqual(['<stdin>!3.zip!2.zip!1.zip!a.txt']);
  });

  test('what is packed in a way that is not opened is told wherever it is', async () => {
    const closed = Buffer.from('\u00fd7zXZ\0...', 'latin1');
    const { machine, root } = project({ 'a.xz': closed });
    execFileSync('sh', ['-c', 'tar cf b.tar a.xz && git init -q && git add -A'], { cwd: root, stdio: 'pipe' });
    const told = (what: unknown) => ({ what, failed: false, why: expect.stringMatching(/^xz is not unpacked/) });
    const inFiles = await scan(machine, ['a.xz', 'b.tar']);
    expect(inFiles).toMatchObject({ code: 0, skipped: [told('a.xz'), told('b.tar!a.xz')] });
    const inIndex = await scan(machine, ['--staged']);
    expect(inIndex.skipped).toEqual([
      told(expect.stringMatching(/^<object \w+>$/)),
      told(expect.stringMatching(/^<object \w+>!a.xz$/)),
    ]);
    expect((await scan(machine, ['--stdin'], { stdin: closed })).skipped).toEqual([told('<stdin>')]);
  });

  test('what is damaged or encrypted is no silent pass', async () => {
    const { machine, root } = project({ 'a.txt': makeKey() });
    execFileSync('sh', ['-c', 'zip -q -P secret x.zip a.txt && rm a.txt'], { cwd: root });
    writeFileSync(join(root, 'cut.gz'), gzipSync(Buffer.alloc(100_000, 'abc')).subarray(0, 60));
    writeFileSync(join(root, 'cut.zip'), Buffer.from('PK\u0003\u0004 and no more'));
    const kept = makeKey();
    writeFileSync(join(root, 'b.txt'), `${kept} ${'.'.repeat(9_000)}`);
    execFileSync('sh', ['-c', 'tar cf b.tar b.txt && head -c 5000 b.tar >cut.tar && rm b.*'], { cwd: root });
    const { code, skipped, findings } = await scan(machine);
    expect(code).toBe(1);
    expect(findings.map(({ file, fingerprint }) => [file, fingerprint])).toEqual([
      ['cut.tar!b.txt', fingerprintOf(kept)],
    ]);
    expect(skipped.map(({ what, failed }) => [what, failed]).sort()).toEqual([
      ['cut.gz', true],
      ['cut.tar', true],
      ['cut.zip', true],
      ['x.zip!a.txt', true],
    ]);
  });
});

describe.skipIf(!requirement(process.platform === 'linux', 'files of Linux'))('hostile files', () => {
  test('links out and in circles, pipes, names that are no text, folders without permission', {
    timeout: 20_000,
  }, async () => {
    const key = makeKey();
    const { machine, root } = project({ 'ok.txt': key });
    writeFileSync(join(machine.home, 'outside.txt'), makeKey());
    symlinkSync(join(machine.home, 'outside.txt'), join(root, 'out'));
    symlinkSync('.', join(root, 'circle'));
    symlinkSync('self', join(root, 'self'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const odd = Buffer.concat([Buffer.from(`${root}/odd-`), Buffer.from([0xff, 0xfe]), Buffer.from('.txt')]);
    writeFileSync(odd, makeKey());
    let deep = root;
    for (let depth = 0; depth < 300; depth += 1) deep = join(deep, 'd');
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'deep.txt'), makeKey());
    const { findings, skipped } = await scan(machine);
    expect(findings).toHaveLength(3);
    expect(findings.map(({ file }) => file)).toContain('odd-\ufffd\ufffd.txt');
    expect(skipped.filter(({ failed }) => failed)).toEqual([]);
    expect(skipped.map(({ what }) => what).sort()).toEqual(['out', 'pipe']);
  });

  test('a file that may not be read makes the answer undecided', async () => {
    const { machine, root } = project({ 'a.txt': 'clean', 'b.txt': makeKey() });
    chmodSync(join(root, 'b.txt'), 0);
    if (process.getuid?.() === 0) symlinkSync('x', join(root, 'c'));
    else expect(await scan(machine)).toMatchObject({ code: 5, skipped: [{ what: 'b.txt', failed: true }] });
  });

  test('huge files and bombs end, with little memory', { timeout: 60_000 }, async () => {
    const { machine, root } = project();
    const key = makeKey();
    writeFileSync(join(root, 'sparse'), '');
    truncateSync(join(root, 'sparse'), 200_000_000);
    writeFileSync(join(root, 'sparse'), key, { flag: 'a' });
    // 1,100 MB of nothing in one MB, and that in a gzip again.
    const member = gzipSync(Buffer.alloc(110_000_000));
    writeFileSync(join(root, 'bomb.gz'), gzipSync(Buffer.concat(Array.from({ length: 10 }, () => member))));
    const before = process.memoryUsage().rss;
    const { findings, skipped } = await scan(machine);
    expect(findings).toMatchObject([{ file: 'sparse', line: 1, column: 200_000_001 }]);
    expect(skipped).toMatchObject([
      { what: 'bomb.gz', failed: true, why: expect.stringContaining('unpacks to more than') },
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  });
});
