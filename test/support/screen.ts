import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { cleanEnvironment } from './program.ts';

let screens = 0;

/** A real terminal, made by tmux, that shows one program; it ends with the test. */
export class Screen {
  readonly #socket = `claude-keys-test-${process.pid}-${++screens}`;

  /** @param command a shell command; when it ends, the screen shows `exit code: N` */
  constructor(command: string, options: { env?: Record<string, string>; columns?: number } = {}) {
    const { env = {}, columns = 80 } = options;
    const line = `${command}; echo "exit code: $?"; exec cat`;
    const size = ['-x', String(columns), '-y', '24'];
    onTestFinished(() => this.#end());
    this.#tmux(['new-session', '-d', ...size, 'sh', '-c', line], env);
  }

  /** Key names (`Enter`, `C-c`, `BSpace`), as tmux knows them. */
  press(...keys: string[]): void {
    this.#tmux(['send-keys', ...keys]);
  }

  type(text: string): void {
    this.#tmux(['send-keys', '-l', text]);
  }

  /** @param marked whether the terminal marks the paste as one, for programs that asked for it, as most do */
  paste(text: string, marked = true): void {
    this.#tmux(['set-buffer', text]);
    this.#tmux(['paste-buffer', '-d', ...(marked ? ['-p'] : [])]);
  }

  resize(columns: number): void {
    this.#tmux(['resize-window', '-x', String(columns)]);
  }

  /** As when its window is closed. */
  close(): void {
    this.#tmux(['kill-session']);
  }

  /** The lines on the screen, without the empty ones. */
  lines(): string[] {
    return this.#tmux(['capture-pane', '-p'])
      .split('\n')
      .filter((line) => line !== '');
  }

  /** The same with what has scrolled away. */
  history(): string[] {
    return this.#tmux(['capture-pane', '-p', '-S', '-'])
      .split('\n')
      .filter((line) => line !== '');
  }

  /** The lines, as soon as `seen` holds for them joined; fails with the screen when that takes over 15 s. */
  async until(seen: string | ((text: string) => boolean)): Promise<string[]> {
    const holds = typeof seen === 'string' ? (text: string) => text.includes(seen) : seen;
    for (const begun = Date.now(); Date.now() - begun < 15_000; await sleep(25)) {
      const lines = this.lines();
      if (holds(lines.join('\n'))) return lines;
    }
    throw new Error(`not seen: ${seen}; the screen shows:\n${this.lines().join('\n')}`);
  }

  #end(): void {
    try {
      this.#tmux(['kill-server']);
    } catch {
      // It was closed.
    }
  }

  #tmux(args: readonly string[], env: Record<string, string> = {}): string {
    const own = cleanEnvironment({ LANG: 'C.UTF-8', TERM: 'xterm-256color', ...env });
    const all = ['-L', this.#socket, '-f', '/dev/null', ...args];
    return execFileSync('tmux', all, { encoding: 'utf8', env: own, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}
