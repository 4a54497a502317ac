import { systemCode } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at HOST (connection refused)',
  ENOTFOUND: 'HOST was not found; is this machine online?',
  EAI_AGAIN: 'HOST could not be looked up; is this machine online?',
  ENETUNREACH: 'HOST cannot be reached from this network',
  EHOSTUNREACH: 'HOST cannot be reached from this network',
  ETIMEDOUT: 'HOST did not take the connection',
  UND_ERR_CONNECT_TIMEOUT: 'HOST did not take the connection',
  ECONNRESET: 'HOST closed the connection without an answer',
  EPIPE: 'HOST closed the connection without an answer',
  UND_ERR_SOCKET: 'HOST closed the connection without an answer',
};

/** Codes of Node's TLS and of OpenSSL: `CERT_HAS_EXPIRED`, `ERR_SSL_WRONG_VERSION_NUMBER`, `SELF_SIGNED_CERT_IN_CHAIN`, … */
const TLS = /CERT|SSL|TLS|UNABLE_TO_|SELF_SIGNED|EPROTO/;

/** Why there was no answer, for a person: made from the system's code alone, never from the text of an error. */
export function describeFailure(error: unknown, host: string): string {
  // Thrown while the headers are made, before anything is sent; what goes wrong later comes wrapped by the SDK.
  if (error instanceof TypeError) return 'the secret holds a character that cannot be sent; store the key anew';
  const code = codeOf(error);
  if (code === undefined) return `there was no answer from ${host}`;
  const known = REASONS[code];
  if (known !== undefined) return known.replace('HOST', host);
  if (TLS.test(code)) {
    return `no safe connection to ${host} (${code}); a proxy that reads traffic needs NODE_EXTRA_CA_CERTS`;
  }
  return `there was no answer from ${host} (${code})`;
}

/** The SDK wraps what fetch threw, which wraps what the socket threw: the innermost code tells most. */
function codeOf(error: unknown): string | undefined {
  let code: string | undefined;
  for (let at = error; at instanceof Error; at = at.cause) code = systemCode(at) ?? code;
  return code !== undefined && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}
