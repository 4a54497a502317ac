import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Context, Host, Output } from '../../src/context.ts';
import { main } from '../../src/main.ts';
import { locate } from '../../src/paths.ts';
import { STORES } from '../../src/stores/index.ts';
import type { Prompter } from '../../src/terminal/prompter.ts';
import { createUi, type GlobalOptions } from '../../src/terminal/ui.ts';
import { MemoryStore, memoryEntry } from './memory-store.ts';

/** What a test may choose about its machine; everything else is a plain machine with a fresh, empty home. */
export interface TestOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: string | Buffer;
  readonly stdinIsTTY?: boolean;
  readonly stdoutIsTTY?: boolean;
  readonly columns?: number;
  readonly now?: Date;
  readonly nodeVersion?: string;
  readonly keychainUnavailable?: string | null;
  readonly prompter?: Partial<Prompter>;
}

const { keychain: _, file: __, ...MANAGERS } = STORES;

class Captured implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  readonly isClosed = false;

  constructor(isTTY = false, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** A machine that exists only for one test: a folder that is removed after it, stores in memory, captured output. */
export class TestMachine {
  readonly home = temporaryFolder();
  readonly keychain = new MemoryStore('keychain');
  readonly file = new MemoryStore('file');
  now = new Date('2026-11-24T12:00:00Z');

  host(options: TestOptions = {}): Host & { stdout: Captured; stderr: Captured } {
    const env = { CLAUDE_KEYS_HOME: join(this.home, 'claude-keys'), HOME: this.home, ...options.env };
    return {
      env,
      cwd: options.cwd ?? this.home,
      home: this.home,
      platform: 'linux',
      nodeVersion: options.nodeVersion ?? '20.19.0',
      pid: process.pid,
      program: { node: '/usr/bin/node', script: '/opt/claude-keys/bin/claude-keys.js' },
      parentPid: process.ppid,
      paths: locate(env.CLAUDE_KEYS_HOME, () => ({ data: this.home, config: this.home, cache: this.home })),
      stdin: {
        isTTY: options.stdinIsTTY ?? false,
        read: async () => Buffer.from(options.stdin ?? ''),
        stream: async function* () {
          yield Buffer.from(options.stdin ?? '');
        },
      },
      stdout: new Captured(options.stdoutIsTTY, options.columns),
      stderr: new Captured(options.stdoutIsTTY, options.columns),
      stores: {
        keychain: memoryEntry(this.keychain, options.keychainUnavailable ?? null),
        file: memoryEntry(this.file),
        // Over loopback, to whatever a test has started.
        ...MANAGERS,
      },
      hasTerminal: () => (options.stdinIsTTY ?? false) || (options.stdoutIsTTY ?? false),
      prompter: async () => ({ secret: unanswered, text: unanswered, confirm: unanswered, ...options.prompter }),
      now: () => options.now ?? this.now,
      hushWarnings: () => {},
    };
  }

  context(
    options: TestOptions = {},
    globals: Partial<GlobalOptions> = {},
  ): Context & { stdout: Captured; stderr: Captured } {
    const host = this.host(options);
    const ui = createUi(host, { json: false, quiet: false, noColor: false, verbose: false, ...globals });
    return { ...host, ui, command: 'test' };
  }

  /** Runs a whole command line in this process. */
  async run(
    argv: readonly string[],
    options: TestOptions = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const host = this.host(options);
    const code = await main(argv, host);
    return { code, stdout: host.stdout.text, stderr: host.stderr.text };
  }
}

async function unanswered(question: string): Promise<never> {
  throw new Error(`the test was asked: ${question}`);
}

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
