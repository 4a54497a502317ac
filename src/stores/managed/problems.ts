import type { Context } from '../../context.ts';
import { systemCode, UserError } from '../../errors.ts';

/** The most that AWS and Google take for one secret. */
export const MAX_BYTES = 64 * 1024;

/** @throws {UserError} `write_failed` for a text that the manager would not take. */
export function refuseTooLong(text: string, where: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BYTES) return;
  throw new UserError('write_failed', `${where} would hold ${bytes} bytes, and takes ${MAX_BYTES} at most`, {
    hint: 'give the key a secret of its own in the manager',
  });
}

/**
 * Loads a client that is not part of this package, so that who uses no manager need not install it.
 * @throws {UserError} `client_missing` with the command that installs it.
 */
export async function loadClient<T>(ctx: Context, name: string, load: () => Promise<T>): Promise<T> {
  ctx.hushWarnings();
  try {
    return await load();
  } catch (error) {
    if (!['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(systemCode(error) ?? '')) throw error;
    // Installed for the whole machine, the program looks beside itself; elsewhere npm finds the project.
    const globally = /[\\/](?:lib|npm)[\\/]node_modules[\\/]/.test(ctx.program.script) ? '--global ' : '';
    throw new UserError('client_missing', `the client for it, ${name}, is not installed`, {
      hint: `npm install ${globally}${name}`,
      cause: error,
    });
  }
}

/** Where a write met someone else's. */
export function conflict(where: string, what: string): UserError {
  return new UserError('conflict', `${where}: ${what}`, {
    hint: 'try again when they are done; what a rotation that nobody ends has left there: claude-keys rotate NAME --abort',
  });
}

export function unreachable(where: string, why: string, cause: unknown, hint = 'try again later'): UserError {
  return new UserError('undecided', `${where} could not be asked: ${why}`, { hint, cause });
}

export function refusedAccess(where: string, why: string, hint: string, cause: unknown): UserError {
  return new UserError('store_unavailable', `${where}: ${why}`, { hint, cause });
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there (connection refused)',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

const TLS = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH)/;

/** What went wrong on the way to a manager, in words; null when it answered. Looks into causes. */
export function networkProblem(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = systemCode(at) ?? '';
    if (Object.hasOwn(NETWORK, code)) return NETWORK[code] ?? null;
    if (TLS.test(code)) return `its certificate is not trusted (${code})`;
    if (/^(?:TimeoutError|AbortError)$/.test(at.name)) return 'no answer in time';
    if (at instanceof AggregateError) {
      const found = at.errors.map(networkProblem).find((problem) => problem !== null);
      if (found) return found;
    }
  }
  return null;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * A secret goes over plain http only within this machine.
 * @throws {UserError} `refused`
 */
export function refusePlainHttp(protocol: string, host: string): void {
  if (protocol === 'https:' || isLoopback(host)) return;
  throw new UserError('refused', `${host} would be sent the secret over plain ${protocol.replace(':', '')}`, {
    hint: 'give its address with https://',
  });
}
