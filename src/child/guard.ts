import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * For each signal it prints the name, for each line of input the line, but for the one that names the child. When its
 * input ends, the process that it guards for is gone, and it ends the child. The traps run before the `echo`, so that
 * what came before a line is told before it.
 */
const SCRIPT = `
exec <&3 >&3
for s in HUP INT QUIT TERM USR1 USR2 ALRM; do trap "echo SIG$s; again=1" $s; done
while again=; read -r line || [ "$again" ]; do
  case $line in
    child\\ *) child=\${line#child } ;;
    ?*) echo "$line" ;;
  esac
  line=
done
[ "$child" ] && kill -KILL "$child"
`;

/** For the system to reach every member of the group. */
const DELIVERY_MS = 5;
/** A guard that is silent for so long is stopped. */
const ANSWER_MS = 2_000;
/** What it saw is of no use later: a later signal of the same name is another one. */
const FORGET_MS = 1_000;

/**
 * A small shell process in our process group: the witness of the signals that the whole group gets.
 *
 * A signal does not tell where it came from. Ctrl-C, `timeout` and service managers send it to the whole group, so that
 * the child has it already and must not get it twice; `kill PID` sends it to us alone, and we must pass it on. What the
 * guard gets too, the child got too. (The foreground group of the terminal would tell of Ctrl-C only, and not of
 * `kill -INT` from another terminal; dumb-init's way, a session of its own for the child, would end job control.)
 *
 * When this process is killed outright, the guard kills the child, as if the child had been killed in our place.
 */
export class Guard {
  readonly #process: ChildProcess;
  readonly #channel: Socket;
  readonly #seen = new Map<string, number>();
  readonly #answered = new Map<string, () => void>();
  #questions = 0;
  #there = true;

  /** May be there before the child is. */
  constructor() {
    // Its environment is empty: ours may hold credentials.
    this.#process = spawn('/bin/sh', ['-c', SCRIPT, 'claude-keys'], {
      // One channel for both ways: a stream less to make.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: {},
    });
    this.#process.on('error', () => this.#end());
    this.#process.on('exit', (_, signal) => this.#end(signal));
    this.#channel = this.#process.stdio[3] as Socket;
    this.#channel.on('error', () => this.#end());
    let rest = '';
    // By hand: to load node:readline takes as long as to start the guard.
    this.#channel.on('data', (data: Buffer) => {
      const lines = `${rest}${data.toString('latin1')}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#hear(line);
    });
    this.#process.unref();
    this.#channel.unref();
  }

  /** @param pid the child, which from now on does not outlive us */
  watch(pid: number): void {
    this.#channel.write(`child ${pid}\n`);
  }

  /** Whether the signal that we have just got went to the whole group. Null when there is no witness. */
  async alsoGot(signal: NodeJS.Signals): Promise<boolean | null> {
    await sleep(DELIVERY_MS);
    if (this.#there) await Promise.race([this.#ask(), sleep(ANSWER_MS, undefined, { ref: false })]);
    const at = this.#seen.get(signal);
    this.#seen.delete(signal);
    if (at !== undefined && Date.now() - at < FORGET_MS + ANSWER_MS) return true;
    return this.#there ? false : null;
  }

  /** The child has ended: there is nothing left to guard. Waited for, or it would be left to init as a zombie. */
  async dismiss(): Promise<void> {
    const guard = this.#process;
    if (!this.#there) return;
    guard.ref();
    const gone = new Promise((resolve) => guard.once('exit', resolve));
    // Its end is not answered with ours, which takes 2 ms: Node makes its own standard error when it closes a socket. And
    // a guard whose input ends before it is killed would end a child whose number may be another's by now.
    this.#channel.allowHalfOpen = true;
    guard.kill('SIGKILL');
    await gone;
  }

  #ask(): Promise<void> {
    this.#questions += 1;
    const question = String(this.#questions);
    return new Promise((resolve) => {
      this.#answered.set(question, resolve);
      this.#channel.write(`${question}\n`);
    });
  }

  #hear(line: string): void {
    if (line.startsWith('SIG')) this.#seen.set(line, Date.now());
    this.#answered.get(line)?.();
    this.#answered.delete(line);
  }

  /** A guard that got a signal before its traps were set was ended by it: it is a witness of that one. */
  #end(signal?: NodeJS.Signals | null): void {
    this.#there = false;
    if (signal) this.#seen.set(signal, Date.now());
    for (const answer of this.#answered.values()) answer();
    this.#answered.clear();
  }
}
