import { isNumber, isText, listOf, nullable, object, type Shape, type Shaped } from '../files/shape.ts';

const isProcess = object({ pid: isNumber, name: nullable(isText) });
const isBoolean: Shape<boolean> = (value, _path): value is boolean => typeof value === 'boolean';

/** One line of the audit log. Never a secret; times are ISO 8601 in UTC. */
export const isAuditLine = object({
  /** Counted from 1, without a gap. */
  seq: isNumber,
  time: isText,
  command: isText,
  /** The key's name; null for what concerns none. */
  key: nullable(isText),
  /** Of the secret that left, or that the key has now. */
  fingerprint: nullable(isText),
  grant: nullable(isText),
  /** What was done, in a few words; null where the command says it. */
  detail: nullable(isText),
  /** Who called claude-keys. */
  process: isProcess,
  /** Who called that one, the nearest first. */
  parents: listOf(isProcess),
  folder: isText,
  /** Whether a person could have been sitting there. */
  terminal: isBoolean,
  /** The SHA-256 of the line before, as its bytes stand in the file without the line end; null for the first. */
  prev: nullable(isText),
});

export type AuditLine = Shaped<typeof isAuditLine>;
export type Process = Shaped<typeof isProcess>;

/** How far the log goes. */
export const isHead = object({
  /** Of the last line, with its hash. */
  seq: isNumber,
  hash: nullable(isText),
  /** The last line itself: a write of it that was cut off is ended by the next one. */
  line: isText,
  /** Bytes in `audit.jsonl` behind it. */
  size: isNumber,
  /** How many parts were full before. */
  parts: isNumber,
  /** Where the log begins, once its oldest parts are gone: the first part there is, its first line's number and `prev`. */
  base: object({ part: isNumber, seq: isNumber, prev: nullable(isText) }),
});

export type Head = Shaped<typeof isHead>;

export const NEW_HEAD: Head = {
  seq: 0,
  hash: null,
  line: '',
  size: 0,
  parts: 0,
  base: { part: 1, seq: 1, prev: null },
};
