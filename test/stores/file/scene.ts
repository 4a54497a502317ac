import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { Secret } from '../../../src/keys/secret.ts';
import { type SlotName, slotOf } from '../../../src/keys/slot.ts';
import type { Paths } from '../../../src/paths.ts';
import { FileStore } from '../../../src/stores/file/file-store.ts';
import { TestMachine, type TestOptions } from '../../support/host.ts';

export const slot = (name: string): SlotName => slotOf(name, 'current');

/** A machine whose file store a test looks at from outside. */
export class Scene {
  readonly #machine = new TestMachine();
  readonly #env: Record<string, string>;
  readonly ctx: ReturnType<TestMachine['context']>;
  readonly store: FileStore;
  readonly paths: Paths;

  /** @param data the data folder, where it must not be the machine's own */
  constructor(data?: string) {
    this.#env = data === undefined ? {} : { CLAUDE_KEYS_HOME: data };
    this.ctx = this.#machine.context({ env: this.#env });
    this.store = new FileStore(this.ctx);
    this.paths = this.ctx.paths;
  }

  /** The store as another run of the program meets it, with another environment or terminal. */
  run(options: TestOptions = {}): { store: FileStore; stderr: () => string } {
    const ctx = this.#machine.context({ ...options, env: { ...this.#env, ...options.env } });
    return { store: new FileStore(ctx), stderr: () => ctx.stderr.text };
  }

  async put(name: string, value: string): Promise<void> {
    await this.store.set(slot(name), new Secret(value));
  }

  async read(name: string, store: FileStore = this.store): Promise<string | undefined> {
    return (await store.get(slot(name)))?.reveal();
  }

  /** Writes over a file of the store, whatever its mode. */
  overwrite(file: string, content: string | Uint8Array): void {
    writeFileSync(file, content);
    chmodSync(file, 0o600);
  }

  /** Everything in the data folder that is not a lock, with content and mode. */
  onDisk(): Record<string, string> {
    const names = readdirSync(this.paths.data).filter((name) => !name.includes('.lock'));
    return Object.fromEntries(names.map((name) => [name, describeFile(`${this.paths.data}/${name}`)]));
  }

  /** Getting, setting and deleting all fail like this, without the secret in it, and change nothing on disk. */
  async expectFailure(
    expected: { code: string; message: RegExp; hint: RegExp },
    options: TestOptions = {},
  ): Promise<void> {
    const before = this.onDisk();
    const { store } = this.run(options);
    const attempts = [
      () => store.get(slot('there')),
      () => store.set(slot('there'), new Secret('new value')),
      () => store.set(slot('another'), new Secret('new value')),
      () => store.delete(slot('there')),
    ];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        name: 'UserError',
        code: expected.code,
        exitCode: 4,
        message: expect.stringMatching(expected.message),
        hint: expect.stringMatching(expected.hint),
      });
    }
    expect(this.onDisk()).toEqual(before);
  }
}

function describeFile(path: string): string {
  const stat = statSync(path);
  return `${(stat.mode & 0o777).toString(8)} ${stat.isFile() ? readFileSync(path).toString('base64') : 'a folder'}`;
}
