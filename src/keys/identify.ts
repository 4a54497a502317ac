import type { Secret } from './secret.ts';
import { sha256 } from './sha256.ts';

/** What may be written down about a secret: enough for a person or a program to recognize it, useless to spend with. */
export interface SecretIdentity {
  /** As the Console shows it: prefix, three characters, `...`, the last four. */
  readonly redacted: string;
  /** `sha256:` and the first 16 hex digits of the SHA-256 of the secret. */
  readonly fingerprint: string;
}

const PREFIX = /^sk-ant-(?:[a-z]+[0-9]*-)?/;

/**
 * The redacted form. A value too short to hide anything (fewer than 12 characters after its prefix) shows its prefix
 * alone.
 */
export function redact(value: string): string {
  const prefix = PREFIX.exec(value)?.[0] ?? '';
  if (value.length - prefix.length < 12) return `${prefix}...`;
  return `${value.slice(0, prefix.length + 3)}...${value.slice(-4)}`;
}

export function identify(secret: Secret): SecretIdentity {
  const value = secret.reveal();
  return {
    redacted: redact(value),
    fingerprint: `sha256:${sha256(value).slice(0, 16)}`,
  };
}
