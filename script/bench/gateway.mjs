// What the gateway costs, against a proxy that only pipes and against none, all in one run on one machine:
//
//   npm run bench -- gateway [--quick]
//
// Service, bare proxy, gateway and client are processes of their own. The ways take turns, so that what else the machine
// does hits all of them alike; medians of the rounds are shown.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Connection } from './http.mjs';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 7;
const RATE = 500;
const CONNECTIONS = 50;
const SECONDS = quick ? 2 : 4;
const MANY = quick ? 20_000 : 100_000;
const STREAMS = 500;

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'claude-keys-bench-'));
const children = [];
const BODY = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello. '.repeat(60) }],
};

try {
  const ways = await prepare();
  await warmUp(ways);
  await latency(ways);
  await firstByte(ways);
  await throughput(ways);
  await memory(ways.gateway);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}

/** The ways to the service: none, the bare proxy, the gateway, and a gateway with a thousand grants. */
async function prepare() {
  const http = fileURLToPath(new URL('http.mjs', import.meta.url));
  const direct = await start([http, 'service']);
  const bare = await start([http, 'bare', direct.url]);
  const secret = `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
  const one = await gatewayWith('one', 1, direct.url, secret);
  const thousand = await gatewayWith('thousand', 1_000, direct.url, secret);
  return { direct, bare, gateway: one, thousand };
}

async function gatewayWith(name, grants, upstream, secret) {
  const env = { CLAUDE_KEYS_HOME: join(home, name), ANTHROPIC_BASE_URL: upstream, PATH: process.env.PATH };
  const program = join(root, 'bin/claude-keys.js');
  await finished([program, 'add', 'bench', '--store', 'file', '--no-verify'], env, secret);
  const limits = ['--rpm', '100000000', '--tokens-per-day', '100000m', '--budget', '1000000/day'];
  const { token } = JSON.parse(
    await finished([program, 'grant', 'create', '--json', '--label', 'bench', ...limits], env),
  );
  multiply(join(home, name, 'grants.json'), grants);
  return { ...(await start([program, 'gateway', '--listen', '127.0.0.1:0'], env)), token };
}

/** As many grants like the one in the file; that one is the last. */
function multiply(file, count) {
  const content = JSON.parse(readFileSync(file, 'utf8'));
  const [grant] = content.grants;
  const others = Array.from({ length: count - 1 }, (_, at) => ({
    ...grant,
    id: `gr_${String(at).padStart(12, '0')}`,
    label: `bench-${at}`,
    hash: createHash('sha256').update(String(at)).digest('hex'),
  }));
  writeFileSync(file, JSON.stringify({ ...content, grants: [...others, grant] }));
}

/** Until the compiler has done with what runs all the time: a gateway runs for days. */
async function warmUp(ways) {
  for (const way of Object.values(ways)) {
    const connections = open(way, BODY);
    await closedLoop(connections, quick ? 4 : 12);
    for (const connection of connections) connection.close();
  }
}

/** So many requests a second, each sent at its time whatever became of those before it. */
async function latency(ways) {
  const times = await rounds(ways, async (way) => {
    const connections = open(way, BODY);
    await closedLoop(connections, 0.3);
    const ends = [];
    const begun = performance.now();
    const total = RATE * SECONDS;
    await Promise.all(
      connections.map(async (connection, at) => {
        for (let turn = at; turn < total; turn += CONNECTIONS) {
          const due = (turn * 1000) / RATE;
          await sleep(Math.max(0, begun + due - performance.now()));
          ends.push((await connection.ask()).end);
        }
      }),
    );
    for (const connection of connections) connection.close();
    return { p50: quantile(ends, 0.5), p99: quantile(ends, 0.99) };
  });
  console.log(`\n${RATE} requests a second over ${CONNECTIONS} connections`);
  for (const [name, { p50, p99 }] of Object.entries(times)) line(name, `p50 ${ms(p50)}`, `p99 ${ms(p99)}`);
  const { direct, bare, gateway, thousand } = times;
  target('added at p50', gateway.p50 - direct.p50, 1, 'ms');
  target('p99 added, to that of the bare proxy', (gateway.p99 - direct.p99) / (bare.p99 - direct.p99), 2, '×');
  target('p99, to that of the bare proxy', gateway.p99 / bare.p99, 2, '×');
  target('1,000 grants to 1, p50', thousand.p50 / gateway.p50, 1.1, '×');
}

async function firstByte(ways) {
  const times = await rounds(ways, async (way) => {
    const [connection, ...others] = open(way, { ...BODY, stream: true });
    for (const other of others) other.close();
    const firsts = [];
    for (let turn = 0; turn < 300; turn += 1) firsts.push((await connection.ask()).firstByte);
    connection.close();
    return { p50: quantile(firsts.slice(50), 0.5) };
  });
  console.log('\nfirst byte of a stream');
  for (const [name, { p50 }] of Object.entries(times)) line(name, `p50 ${ms(p50)}`);
  target('added', times.gateway.p50 - times.direct.p50, 1, 'ms');
}

async function throughput(ways) {
  const rates = await rounds(ways, async (way) => {
    const connections = open(way, BODY);
    await closedLoop(connections, 0.5);
    const count = await closedLoop(connections, SECONDS / 2);
    for (const connection of connections) connection.close();
    return { perSecond: count / (SECONDS / 2) };
  });
  console.log(`\nthroughput over ${CONNECTIONS} connections`);
  for (const [name, { perSecond }] of Object.entries(rates)) line(name, `${Math.round(perSecond)} requests a second`);
  const { bare, gateway, thousand } = rates;
  atLeast('of the bare proxy', gateway.perSecond / bare.perSecond, 0.6);
  atLeast('1,000 grants to 1', thousand.perSecond / gateway.perSecond, 0.9);
}

async function memory(way) {
  const connections = open(way, BODY);
  const sizes = [];
  for (let part = 0; part < 10; part += 1) {
    let left = MANY / 10;
    await Promise.all(
      connections.map(async (connection) => {
        while (left-- > 0) await connection.ask();
      }),
    );
    sizes.push(rss(way.pid));
  }
  for (const connection of connections) connection.close();
  console.log(`\nmemory of the gateway over ${MANY} requests, a number for each tenth of them`);
  line('resident', sizes.map((size) => `${size} MB`).join(' '));
  target('the last to the third', sizes[9] / sizes[2], 1.15, '×');
  const before = rss(way.pid);
  const held = { ...BODY, stream: true, metadata: { user_id: 'held' } };
  const streams = Array.from({ length: STREAMS }, () => new Connection(way.url, way.token, held));
  for (const stream of streams) stream.ask().catch(() => {});
  const grown = [];
  for (let second = 0; second < (quick ? 4 : 15); second += 1) {
    await sleep(1000);
    grown.push(rss(way.pid));
  }
  for (const stream of streams) stream.close();
  console.log(`\nmemory with ${STREAMS} open streams, a number for each second; ${before} MB before`);
  line('resident', grown.map((size) => `${size} MB`).join(' '));
  target('the last to the third', grown.at(-1) / grown[2], 1.1, '×');
  await sleep(1000);
  line('after them', `${rss(way.pid)} MB`);
}

function open({ url, token = 'none' }, body) {
  return Array.from({ length: CONNECTIONS }, () => new Connection(url, token, body));
}

/** Every connection sends as soon as it has an answer; gives how many there were. */
async function closedLoop(connections, seconds) {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < end) {
        await connection.ask();
        count += 1;
      }
    }),
  );
  return count;
}

/** The ways in turn, so many times; the median of each number. */
async function rounds(ways, measure) {
  const seen = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, way] of Object.entries(ways)) seen[name].push(await measure(way));
  }
  return Object.fromEntries(
    Object.entries(seen).map(([name, all]) => {
      const fields = Object.keys(all[0]).map((field) => [
        field,
        quantile(
          all.map((each) => each[field]),
          0.5,
        ),
      ]);
      return [name, Object.fromEntries(fields)];
    }),
  );
}

function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Megabytes. */
function rss(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
}

/** Starts a program of Node that says its address in its first line. */
function start(args, env = { PATH: process.env.PATH }) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`${args.join(' ')}: exit ${code}`)));
    createInterface({ input: child.stdout }).once('line', (url) => resolve({ url, pid: child.pid }));
  });
}

function finished(args, env, input = '') {
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.end(input);
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${args.join(' ')}: exit ${code}`))));
  });
}

function ms(value) {
  return `${value.toFixed(2)} ms`;
}

function line(name, ...cells) {
  console.log(`  ${name.padEnd(38)} ${cells.join('   ')}`);
}

function target(name, value, most, unit) {
  line(name, `${value.toFixed(2)} ${unit}`, `at most ${most}`, value <= most ? 'reached' : 'missed');
}

function atLeast(name, value, least) {
  line(name, value.toFixed(2), `at least ${least}`, value >= least ? 'reached' : 'missed');
}
