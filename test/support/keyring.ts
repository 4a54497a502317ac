import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BusState, readCollection } from '../../src/stores/keychain/session-bus.ts';
import { BusClient, type Handler } from './bus-client.ts';
import { Writer } from './dbus-encode.ts';
import { requirement, requireTools } from './require.ts';

/**
 * What is on the private session bus:
 * - `unlocked`, `locked`, `no-collection`: a real gnome-keyring in that state, with nobody to ask for a password;
 * - `no-service`: nothing;
 * - `silent-prompter`: a real, locked gnome-keyring whose unlock prompt nobody answers;
 * - `silent-service`: a keychain that answers nothing at all;
 * - `stuck-service`: a keychain that says it is unlocked and answers nothing else.
 */
export type KeyringVariant =
  | 'unlocked'
  | 'locked'
  | 'no-collection'
  | 'no-service'
  | 'silent-prompter'
  | 'silent-service'
  | 'stuck-service';

export interface Keyring {
  /** For child processes: `HOME`, `XDG_RUNTIME_DIR` and `DBUS_SESSION_BUS_ADDRESS` of the private session. */
  readonly env: Readonly<Record<string, string>>;
  /** The socket of the private bus. */
  readonly socket: string;
  /** Of the login collection. */
  readonly password: string;
  /** How many questions were put to the silent prompter. */
  readonly prompts: () => number;
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Waits, at most 10 s, until the bus says so. */
  untilState(state: BusState): Promise<void>;
  stop(): Promise<void>;
}

/** Whether a real keychain can be started here; see `require.ts` for when this throws. */
export function canStartKeyring(): boolean {
  return (
    requirement(process.platform === 'linux', 'the private keychain is for Linux') &&
    requireTools('dbus-daemon', 'gnome-keyring-daemon')
  );
}

const PASSWORD = 'password of the test keyring';

const EXPECTED: Readonly<Record<KeyringVariant, BusState>> = {
  unlocked: 'unlocked',
  locked: 'locked',
  'no-collection': 'no-collection',
  'no-service': 'no-service',
  'silent-prompter': 'locked',
  'silent-service': 'unknown',
  'stuck-service': 'unlocked',
};

/**
 * Starts a session bus of its own, with its own home, and on it what `variant` says. The machine's own session and
 * keychain are not touched. Call `stop` in `afterAll`; the fakes live in this process, so a test must not block it
 * (`execFileSync`) while it waits for them.
 */
export async function startKeyring(variant: KeyringVariant = 'unlocked'): Promise<Keyring> {
  const session = await startSession();
  const { env, socket } = session;
  const clients: BusClient[] = [];
  let prompts = 0;
  let daemon: ChildProcess | null = null;
  const startDaemon = async (unlock: boolean) => {
    if (daemon !== null) await end(daemon);
    daemon = await startGnomeKeyring(env, unlock);
    await untilState(env, unlock ? 'unlocked' : 'no-collection');
  };
  const fake = async (name: string, handler: Handler) => {
    const client = await BusClient.connect(socket, handler);
    await client.own(name);
    clients.push(client);
  };
  const keyring: Keyring = {
    env,
    socket,
    prompts: () => prompts,
    lock: () => lockLogin(env, socket),
    unlock: () => startDaemon(true),
    untilState: (state) => untilState(env, state),
    password: PASSWORD,
    stop: async () => {
      for (const client of clients) client.close();
      if (daemon !== null) await end(daemon);
      await session.stop();
    },
  };
  if (variant === 'silent-service') await fake('org.freedesktop.secrets', () => null);
  else if (variant === 'stuck-service') await fake('org.freedesktop.secrets', answerUnlocked);
  else if (variant !== 'no-service') await startDaemon(variant !== 'no-collection');
  if (variant === 'silent-prompter') {
    await fake('org.gnome.keyring.SystemPrompter', ({ fields }) => {
      if (fields.member === 'BeginPrompting') prompts += 1;
      return {};
    });
  }
  if (variant === 'locked' || variant === 'silent-prompter') await keyring.lock();
  if (variant !== 'silent-service') await untilState(env, EXPECTED[variant]);
  return keyring;
}

interface Session {
  readonly env: Record<string, string>;
  readonly socket: string;
  stop(): Promise<void>;
}

/** Without service files, so that nothing of the machine's own is started on the private bus. */
const BUS_CONFIG = (socket: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
`;

async function startSession(): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), 'ck-keyring-'));
  const [home, runtime] = [join(folder, 'home'), join(folder, 'run')];
  for (const each of [home, runtime]) mkdirSync(each, { mode: 0o700 });
  const socket = join(runtime, 'bus');
  const config = join(folder, 'session.conf');
  writeFileSync(config, BUS_CONFIG(socket));
  const bus = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  endWithTest(bus);
  // The address is printed once the bus listens.
  await Promise.race([once(bus.stdout, 'data'), once(bus, 'exit').then(() => fail('dbus-daemon did not start'))]);
  const env = { HOME: home, XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` };
  const stop = async () => {
    await end(bus);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { env, socket, stop };
}

async function startGnomeKeyring(env: Record<string, string>, unlock: boolean): Promise<ChildProcess> {
  const options = ['--foreground', '--components=secrets', ...(unlock ? ['--unlock'] : [])];
  const daemon = spawn('gnome-keyring-daemon', options, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  endWithTest(daemon);
  daemon.stdin?.end(unlock ? PASSWORD : '');
  return daemon;
}

async function lockLogin(env: Record<string, string>, socket: string): Promise<void> {
  const client = await BusClient.connect(socket);
  const path = new Writer().string('/org/freedesktop/secrets/collection/login').toBuffer();
  await client.call(
    {
      destination: 'org.freedesktop.secrets',
      path: '/org/freedesktop/secrets',
      interface: 'org.freedesktop.Secret.Service',
      member: 'Lock',
      signature: 'ao',
    },
    Buffer.concat([new Writer().uint32(path.length).toBuffer(), path]),
  );
  client.close();
  await untilState(env, 'locked');
}

/** The default collection is unlocked; every other question is left without an answer. */
const answerUnlocked: Handler = ({ fields }) => {
  if (fields.member !== 'Unlock') return null;
  const paths = new Writer().string('/org/freedesktop/secrets/aliases/default').toBuffer();
  const body = Buffer.concat([new Writer().uint32(paths.length).toBuffer(), paths]);
  const padding = Buffer.alloc((4 - (body.length % 4)) % 4);
  return { fields: { signature: 'aoo' }, body: Buffer.concat([body, padding, new Writer().string('/').toBuffer()]) };
};

async function untilState(env: Record<string, string>, wanted: BusState): Promise<void> {
  let state: BusState = 'unknown';
  for (const begun = Date.now(); Date.now() - begun < 10_000; await sleep(20)) {
    state = await readCollection(env).state;
    if (state === wanted) return;
  }
  fail(`the private keychain is ${state}, not ${wanted}`);
}

/** A test run that is cut off leaves no daemon behind. */
function endWithTest(child: ChildProcess): void {
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function fail(message: string): never {
  throw new Error(message);
}
