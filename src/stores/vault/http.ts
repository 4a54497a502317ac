import { readFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import type { Environment } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { refusePlainHttp } from '../managed/problems.ts';

export interface VaultAnswer {
  readonly status: number;
  /** As it came: what is sent back changed must keep every other character. */
  readonly text: string;
}

export interface VaultCall {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'LIST';
  /** Behind `/v1/`. */
  readonly path: string;
  readonly body?: string;
  readonly token?: string;
}

export type Send = (call: VaultCall) => Promise<VaultAnswer>;

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;
/** What Vault's own client tries again, and how often (VAULT_MAX_RETRIES is 2 there). 503 says that it is sealed. */
const PASSING = new Set([412, 429, 500, 502, 504]);
const PAUSES_MS = [300, 1_000];
const MOST_REDIRECTS = 3;

/** A variable of Vault, or OpenBao's own of the same meaning, which comes first there. */
export function variable(env: Environment, name: string): string | undefined {
  return env[`BAO_${name}`] || env[`VAULT_${name}`] || undefined;
}

/**
 * Speaks to the server at `VAULT_ADDR`, with `VAULT_NAMESPACE`, `VAULT_CACERT`, `VAULT_CLIENT_CERT`, `VAULT_CLIENT_KEY`
 * and `VAULT_TLS_SERVER_NAME`. A standby's redirect is followed. Throws what the network throws.
 * @throws {UserError} `store_unavailable` without an address, `refused` where the secret would go out in the open.
 */
export function connect(env: Environment): Send {
  const base = addressOf(env);
  const tls = tlsOptions(env);
  const namespace = variable(env, 'NAMESPACE');
  return async (call) => {
    const headers = {
      'x-vault-request': 'true',
      ...(call.token && { 'x-vault-token': call.token }),
      ...(namespace && { 'x-vault-namespace': namespace }),
      ...(call.body !== undefined && { 'content-type': 'application/json' }),
    };
    const url = new URL(`${base.pathname.replace(/\/$/, '')}/v1/${call.path}`, base);
    for (let tries = 0; ; tries += 1) {
      const answer = await followed(url, { ...tls, method: call.method, headers }, call.body);
      const pause = PAUSES_MS[tries];
      if (!PASSING.has(answer.status) || pause === undefined) return answer;
      await sleep(pause);
    }
  };
}

function addressOf(env: Environment): URL {
  const address = variable(env, 'ADDR');
  if (address === undefined) {
    throw new UserError('store_unavailable', 'where Vault is, is not known: VAULT_ADDR is not set', {
      hint: 'export VAULT_ADDR=https://vault.example.com:8200',
    });
  }
  if (/^(?:1|t|true)$/i.test(variable(env, 'SKIP_VERIFY') ?? '')) {
    throw new UserError('refused', 'VAULT_SKIP_VERIFY would send the secret to whoever answers', {
      hint: 'trust its certificate instead: export VAULT_CACERT=ca.pem',
    });
  }
  if (!URL.canParse(address) || !/^https?:/.test(address)) {
    throw new UserError('store_unavailable', 'VAULT_ADDR is no address', {
      hint: 'export VAULT_ADDR=https://vault.example.com:8200',
    });
  }
  return new URL(address);
}

function tlsOptions(env: Environment): RequestOptions {
  const [ca, cert, key] = ['CACERT', 'CLIENT_CERT', 'CLIENT_KEY'].map((name) => file(env, name));
  const servername = variable(env, 'TLS_SERVER_NAME');
  return {
    ...(ca && { ca: [...rootCertificates, ca] }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
  };
}

function file(env: Environment, name: string): string | undefined {
  const path = variable(env, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError('store_unavailable', `VAULT_${name}: ${path} cannot be read`, { cause });
  }
}

async function followed(url: URL, options: RequestOptions, body: string | undefined): Promise<VaultAnswer> {
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const { location, ...answer } = await once(at, options, body);
    if (location === undefined || redirects === MOST_REDIRECTS) return answer;
    const next = new URL(location, at);
    if (at.protocol === 'https:' && next.protocol !== 'https:') {
      throw new UserError('refused', `${at.host} sends on to ${next.host} over plain http`);
    }
    at = next;
  }
}

function once(url: URL, options: RequestOptions, body: string | undefined) {
  refusePlainHttp(url.protocol, url.hostname);
  return new Promise<VaultAnswer & { location: string | undefined }>((resolve, reject) => {
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = send(url, { ...options, signal, agent: false }, async (response) => {
      try {
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of response) {
          chunks.push(chunk as Buffer);
          size += (chunk as Buffer).length;
          if (size > MAX_BYTES) throw new Error('the answer is too long');
        }
        const status = response.statusCode ?? 0;
        const location = [301, 302, 307, 308].includes(status) ? response.headers.location : undefined;
        resolve({ status, text: Buffer.concat(chunks).toString('utf8'), location });
      } catch (error) {
        reject(signal.aborted ? signal.reason : error);
      }
    });
    request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    request.end(body);
  });
}
