import { makeModule } from './machine-code.ts';

/** Put in by `script/build.mjs`: {@link makeModule}. */
declare const CLAUDE_KEYS_MACHINE: string | undefined;

/** Where the tables and the text lie in its memory. */
export const SECOND_TABLE = 32_768;
export const TEXT = 65_536;

/** What is used of WebAssembly; Node's types do not have it. */
interface Machine {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly f: Search } };
}

/** The next word that passes from one address to another, as `nextWord` has it. */
export type Search = (at: number, end: number) => number;

/** Made once. */
let compiled: object | undefined;

function moduleBytes(): Buffer {
  return Buffer.from(typeof CLAUDE_KEYS_MACHINE === 'undefined' ? makeModule() : CLAUDE_KEYS_MACHINE, 'base64');
}

/**
 * A memory with the two tables and room for a text, and the search in it: fast from its first call on, where the compiler
 * of JavaScript needs some megabytes to warm up, and a hook has less.
 * @returns null where there is no WebAssembly, or no room for it
 */
export function machineFor(capacity: number, tables: readonly [Uint8Array, Uint8Array]): [ArrayBuffer, Search] | null {
  const { WebAssembly: machine } = globalThis as unknown as { WebAssembly?: Machine };
  if (machine === undefined) return null;
  try {
    compiled ??= new machine.Module(moduleBytes());
    const memory = new machine.Memory({ initial: Math.ceil((TEXT + capacity) / 65_536) });
    const { f } = new machine.Instance(compiled, { m: { m: memory } }).exports;
    new Uint8Array(memory.buffer).set(tables[0]);
    new Uint8Array(memory.buffer, SECOND_TABLE).set(tables[1]);
    return [memory.buffer, f];
  } catch {
    return null;
  }
}
