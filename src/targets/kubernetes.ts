import type { CoreV1Api, V1Secret } from '@kubernetes/client-node';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { identify } from '../keys/identify.ts';
import { Secret } from '../keys/secret.ts';
import {
  isLoopback,
  loadClient,
  networkProblem,
  refusedAccess,
  refusePlainHttp,
  unreachable,
} from '../stores/managed/problems.ts';
import { type KubernetesAddress, parseKubernetes } from './address.ts';
import type { Look, Target } from './target.ts';

const FINGERPRINT = 'claude-keys/fingerprint';
const REDACTED = 'claude-keys/redacted';
const PUBLISHED = 'claude-keys/published-at';
const TIMEOUT_MS = 15_000;
const TRIES = 4;

/** A key in a Secret of Kubernetes, by the current context of `KUBECONFIG` or the pod's own service account. */
export async function open(ctx: Context, uri: string): Promise<Target> {
  const address = parseKubernetes(uri);
  const client = await loadClient(ctx, '@kubernetes/client-node@1', () => import('@kubernetes/client-node'));
  const config = new client.KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw refusedAccess(uri, 'the configuration of kubectl cannot be read', 'look with: kubectl config view', error);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw refusedAccess(uri, 'no cluster is chosen', 'kubectl config use-context NAME', undefined);
  const { protocol, hostname } = new URL(cluster.server);
  // Within this machine there is nobody to be taken for the cluster.
  if (cluster.skipTLSVerify && !isLoopback(hostname))
    throw new UserError('refused', `${uri}: the certificate of its cluster is not looked at`);
  refusePlainHttp(protocol, hostname);
  const patch = client.setHeaderOptions('Content-Type', client.PatchStrategy.MergePatch);
  return new KubernetesTarget(ctx, config.makeApiClient(client.CoreV1Api), address, patch);
}

type PatchOptions = Parameters<CoreV1Api['patchNamespacedSecret']>[1];

class KubernetesTarget implements Target {
  readonly label: string;
  readonly #ctx: Context;
  readonly #api: CoreV1Api;
  readonly #address: KubernetesAddress;
  readonly #patch: PatchOptions;

  constructor(ctx: Context, api: CoreV1Api, address: KubernetesAddress, patch: PatchOptions) {
    this.label = `Kubernetes (${address.uri})`;
    this.#ctx = ctx;
    this.#api = api;
    this.#address = address;
    this.#patch = patch;
  }

  async look(): Promise<Look | null> {
    const found = await this.#find();
    const secret = this.#keyIn(found);
    if (secret === null) return null;
    const identity = identify(secret);
    // The date is of what this program put there, not of what came after it.
    const { [FINGERPRINT]: noted, [PUBLISHED]: at } = found?.metadata?.annotations ?? {};
    return { ...identity, since: noted === identity.fingerprint ? (at ?? null) : null };
  }

  async read(): Promise<Secret | null> {
    return this.#keyIn(await this.#find());
  }

  /** One patch, of nothing but this key: the API gives readers the whole Secret as it was or as it is. */
  async publish(secret: Secret): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const found = await this.#find();
      if (this.#keyIn(found)?.equals(secret)) return;
      if (await this.#write(found, secret)) return this.#readBack(secret);
    }
    throw new UserError('conflict', `${this.#address.uri}: others write to it all the time`);
  }

  /** False when somebody else wrote in between. */
  async #write(found: V1Secret | null, secret: Secret): Promise<boolean> {
    const { namespace, secret: name, key } = this.#address;
    const { fingerprint, redacted } = identify(secret);
    const annotations = {
      [FINGERPRINT]: fingerprint,
      [REDACTED]: redacted,
      [PUBLISHED]: this.#ctx.now().toISOString(),
    };
    const data = { [key]: Buffer.from(secret.reveal()).toString('base64') };
    if (found === null) {
      const body = { metadata: { name, annotations }, type: 'Opaque', data };
      return this.#call(
        'create',
        () => this.#api.createNamespacedSecret({ namespace, body }).then(() => true),
        409,
        false,
      );
    }
    const body = { metadata: { resourceVersion: found.metadata?.resourceVersion, annotations }, data };
    const work = () => this.#api.patchNamespacedSecret({ namespace, name, body }, this.#patch).then(() => true);
    return this.#call('patch', work, 409, false);
  }

  async #readBack(secret: Secret): Promise<void> {
    const back = await this.read();
    if (back !== null && identify(back).fingerprint === identify(secret).fingerprint) return;
    throw new UserError('conflict', `${this.#address.uri} gives back another secret than was put there`, {
      hint: 'somebody else is at work on it; look with: claude-keys status --targets',
    });
  }

  #find(): Promise<V1Secret | null> {
    const { namespace, secret: name } = this.#address;
    return this.#call('get', () => this.#api.readNamespacedSecret({ namespace, name }), 404, null);
  }

  #keyIn(found: V1Secret | null): Secret | null {
    const value = found?.data?.[this.#address.key];
    return value ? new Secret(Buffer.from(value, 'base64').toString('utf8')) : null;
  }

  async #call<T, E>(verb: string, work: () => Promise<T>, status: number, answer: E): Promise<T | E> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unreachable(this.#address.uri, 'no answer in time', undefined)), TIMEOUT_MS);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      if (codeOf(error) === status) return answer;
      throw inWords(error, this.#address, verb);
    } finally {
      clearTimeout(timer);
    }
  }
}

function codeOf(error: unknown): number | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null;
}

function inWords(error: unknown, { uri, namespace, secret }: KubernetesAddress, verb: string): UserError {
  if (error instanceof UserError) return error;
  const code = codeOf(error);
  if (code === 401)
    return refusedAccess(uri, 'the cluster does not accept the credentials', 'log in to it again', error);
  if (code === 403) {
    const why = `no permission: the verb ${verb} on secrets is missing`;
    return refusedAccess(uri, why, `allow it: kubectl auth can-i ${verb} secret/${secret} -n ${namespace}`, error);
  }
  if (code === 404)
    return refusedAccess(uri, 'there is no such namespace', `kubectl create namespace ${namespace}`, error);
  if (code === 422) return refusedAccess(uri, 'the Secret is immutable', 'delete it there, then push again', error);
  if (code !== null && code < 500 && code !== 429)
    return refusedAccess(uri, `refused (HTTP ${code})`, 'look with: kubectl', error);
  const why = networkProblem(error) ?? (code === null ? 'the connection failed' : `HTTP ${code}`);
  return unreachable(uri, why, error);
}
