import { inspect } from 'node:util';

/**
 * A credential's value, held so that it cannot be printed by accident: every way of turning it into text gives
 * `[secret]`. Only {@link reveal} gives the value, and a test allows calls to it in a handful of files.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
