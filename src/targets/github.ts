import type { Context } from '../context.ts';
import type { UserError } from '../errors.ts';
import type { Secret } from '../keys/secret.ts';
import { networkProblem, refusedAccess, refusePlainHttp, unreachable } from '../stores/managed/problems.ts';
import { type GithubAddress, parseGithub } from './address.ts';
import { seal } from './seal.ts';
import type { Look, Target } from './target.ts';

const TIMEOUT_MS = 15_000;

/** A secret of GitHub Actions, which can be written and not read: that it was changed shows in its date. */
export async function open(ctx: Context, uri: string): Promise<Target> {
  const address = parseGithub(uri);
  const token = ctx.env['GH_TOKEN'] || ctx.env['GITHUB_TOKEN'];
  if (!token) {
    const hint = 'export GH_TOKEN="$(gh auth token)"; it must be allowed to write secrets of the repository';
    throw refusedAccess(uri, 'there is no token for GitHub', hint, undefined);
  }
  const base = new URL(ctx.env['GITHUB_API_URL'] || 'https://api.github.com');
  refusePlainHttp(base.protocol, base.hostname);
  return new GithubTarget(ctx, address, base, token);
}

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

class GithubTarget implements Target {
  readonly label: string;
  readonly #ctx: Context;
  readonly #address: GithubAddress;
  readonly #base: URL;
  readonly #token: string;

  constructor(ctx: Context, address: GithubAddress, base: URL, token: string) {
    this.label = `GitHub Actions (${address.uri})`;
    this.#ctx = ctx;
    this.#address = address;
    this.#base = base;
    this.#token = token;
  }

  async look(): Promise<Look | null> {
    const { status, body } = await this.#ask('GET', this.#address.name);
    if (status === 404) return null;
    const { updated_at: since } = body;
    return { fingerprint: null, redacted: null, since: typeof since === 'string' ? since : null };
  }

  async publish(secret: Secret): Promise<void> {
    const { status, body } = await this.#ask('GET', 'public-key');
    const { key, key_id: keyId } = body;
    if (status === 404 || typeof key !== 'string' || typeof keyId !== 'string') throw this.#noRepository();
    const sealed = { encrypted_value: await seal(this.#ctx, secret, key), key_id: keyId };
    const written = await this.#ask('PUT', this.#address.name, sealed);
    if (written.status === 404) throw this.#noRepository();
  }

  #noRepository(): UserError {
    const { uri, owner, repository } = this.#address;
    return refusedAccess(
      uri,
      `there is no repository ${owner}/${repository}, or the token does not see it`,
      SCOPE,
      undefined,
    );
  }

  async #ask(method: 'GET' | 'PUT', path: string, body?: Readonly<Record<string, string>>): Promise<Answer> {
    const { uri, owner, repository } = this.#address;
    const base = this.#base.href.replace(/\/$/, '');
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`${base}/repos/${owner}/${repository}/actions/secrets/${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${this.#token}`,
          'user-agent': 'claude-keys',
          'x-github-api-version': '2022-11-28',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      text = await answer.text();
    } catch (error) {
      throw unreachable(uri, networkProblem(error) ?? 'the connection failed', error);
    }
    if (answer.ok || answer.status === 404) return { status: answer.status, body: parsed(text) };
    throw inWords(uri, answer);
  }
}

const SCOPE = 'a fine-grained token needs "Secrets: read and write" for the repository; a classic one, the scope repo';

function inWords(uri: string, { status, headers }: Response): UserError {
  if (status === 401) return refusedAccess(uri, 'GitHub does not accept the token', 'gh auth login', undefined);
  const isLimit = status === 429 || (status === 403 && headers.get('x-ratelimit-remaining') === '0');
  if (isLimit) return unreachable(uri, 'GitHub answers fewer requests than are sent (rate limit)', undefined);
  if (status === 403) return refusedAccess(uri, 'no permission: the token may not write secrets', SCOPE, undefined);
  if (status >= 500) return unreachable(uri, `GitHub answered HTTP ${status}`, undefined);
  return refusedAccess(uri, `GitHub refuses it (HTTP ${status})`, 'is the address right?', undefined);
}

function parsed(text: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
