import { createRequire } from 'node:module';
import type { protos, SecretManagerServiceClient } from '@google-cloud/secret-manager';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { Address } from '../address.ts';
import { loadClient, refusePlainHttp, unreachable } from '../managed/problems.ts';
import { READING, TIMEOUT_MS } from './backoff.ts';
import { crc32c } from './crc32c.ts';
import { inWords, STATUS, statusOf } from './failures.ts';

type Api = protos.google.cloud.secretmanager.v1.ISecret;

export interface Accessed {
  readonly text: string;
  readonly version: number;
}

/** What is known of a secret beside its versions. */
export interface Described {
  readonly etag: string;
  readonly aliases: Readonly<Record<string, number>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The calls for one secret. Null or false stand for "there is none"; everything else that Google refuses is a
 * `UserError`.
 */
export interface GoogleSecret {
  /** A version by its number or alias; null also when it is disabled or destroyed. */
  access(version: number | string): Promise<Accessed | null>;
  describe(): Promise<Described | null>;
  /** When the latest version was added. */
  addedAt(): Promise<string | null>;
  /** False when there is one already. */
  create(): Promise<boolean>;
  /** The number of the new version; null when there is no secret. */
  add(text: string): Promise<number | null>;
  /** The numbers of the versions that can be read, the newest first. */
  enabled(): Promise<number[]>;
  disable(version: number): Promise<void>;
  destroy(version: number): Promise<void>;
  /** Changes aliases and annotations in one step; false when someone else changed the secret since `seen`. */
  annotate(seen: Described, change: Partial<Omit<Described, 'etag'>>): Promise<boolean>;
  /** Deletes the secret with all its versions; false when there is none. */
  remove(): Promise<boolean>;
}

const PACKAGE = '@google-cloud/secret-manager';
/** The newest that runs on every Node that this program runs on. */
const INSTALL = `${PACKAGE}@6`;

export async function connect(ctx: Context, address: Address): Promise<SecretManagerServiceClient> {
  const google = await loadClient(ctx, INSTALL, () => import('@google-cloud/secret-manager'));
  const options = endpoint(ctx);
  const client = new google.SecretManagerServiceClient(options);
  // Before the first call: without credentials that one would fail in places where nobody looks, and end the process.
  if (options?.sslCreds === undefined) {
    await client.auth.getClient().catch((error: unknown) => {
      throw inWords(error, address, 'versions.access');
    });
  }
  return client;
}

/** The client's own endpoint, gcloud's setting of another, or an emulator on this machine. */
function endpoint({ env }: Context): ConstructorParameters<typeof SecretManagerServiceClient>[0] {
  const emulator = env['SECRET_MANAGER_EMULATOR_HOST'];
  if (emulator) {
    const { hostname, port } = new URL(`http://${emulator}`);
    refusePlainHttp('http:', hostname);
    // The library below the client is the one that has what makes a connection without TLS.
    const require = createRequire(createRequire(__filename).resolve(PACKAGE));
    return {
      apiEndpoint: hostname,
      port: Number(port),
      // So that nobody is asked for credentials that an emulator does not want.
      clientOptions: { universeDomain: 'googleapis.com' },
      sslCreds: require('google-gax').grpc.credentials.createInsecure(),
    };
  }
  const override = env['CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER'];
  if (!override) return {};
  const { protocol, hostname, port } = new URL(override);
  if (protocol !== 'https:') throw new UserError('refused', `${override} is no https address`);
  return { apiEndpoint: hostname, port: Number(port || 443) };
}

export function googleSecret(client: SecretManagerServiceClient, address: Address, id = address.path): GoogleSecret {
  const project = `projects/${address.scope}`;
  const name = `${project}/secrets/${id}`;
  const options = { timeout: TIMEOUT_MS };

  async function call<T, E>(permission: string, work: () => Promise<T>, answer: E, ...statuses: number[]) {
    try {
      return await work();
    } catch (error) {
      if (statuses.includes(statusOf(error) ?? -1)) return answer;
      throw inWords(error, address, `secretmanager.${permission}`);
    }
  }

  return {
    access: (version) =>
      call(
        'versions.access',
        async () => {
          const [found] = await client.accessSecretVersion({ name: `${name}/versions/${version}` }, READING);
          return { text: checked(address, found.payload), version: numberIn(found.name) };
        },
        null,
        STATUS.notFound,
        STATUS.failedPrecondition,
      ),
    describe: () =>
      call('secrets.get', async () => described((await client.getSecret({ name }, READING))[0]), null, STATUS.notFound),
    addedAt: () => {
      const work = async () => {
        const [{ createTime }] = await client.getSecretVersion({ name: `${name}/versions/latest` }, READING);
        return createTime ? new Date(Number(createTime.seconds) * 1000).toISOString() : null;
      };
      return call('versions.get', work, null, STATUS.notFound);
    },
    create: () => {
      const secret = { replication: { automatic: {} }, labels: { 'managed-by': 'claude-keys' } };
      const request = { parent: project, secretId: id, secret };
      const work = async () => client.createSecret(request, options).then(() => true);
      return call('secrets.create', work, false, STATUS.alreadyExists);
    },
    add: (text) => {
      const data = Buffer.from(text, 'utf8');
      const request = { parent: name, payload: { data, dataCrc32c: crc32c(data) } };
      const work = async () => numberIn((await client.addSecretVersion(request, options))[0].name);
      return call('versions.add', work, null, STATUS.notFound);
    },
    enabled: async () => {
      const request = { parent: name, filter: 'state:ENABLED' };
      const list = () => client.listSecretVersions(request, { ...READING, autoPaginate: true });
      const found = await call('versions.list', list, null, STATUS.notFound);
      return (found?.[0] ?? []).map((version) => numberIn(version.name)).sort((a, b) => b - a);
    },
    disable: async (version) => {
      const work = async () =>
        void (await client.disableSecretVersion({ name: `${name}/versions/${version}` }, options));
      // One that is destroyed is as good.
      await call('versions.disable', work, undefined, STATUS.failedPrecondition, STATUS.notFound);
    },
    destroy: async (version) => {
      const work = async () =>
        void (await client.destroySecretVersion({ name: `${name}/versions/${version}` }, options));
      await call('versions.destroy', work, undefined, STATUS.failedPrecondition, STATUS.notFound);
    },
    annotate: ({ etag }, { aliases, annotations }) => {
      const secret = {
        name,
        etag,
        ...(aliases && { versionAliases: { ...aliases } }),
        ...(annotations && { annotations: { ...annotations } }),
      };
      const paths = [...(aliases ? ['version_aliases'] : []), ...(annotations ? ['annotations'] : [])];
      const work = async () => client.updateSecret({ secret, updateMask: { paths } }, options).then(() => true);
      return call('secrets.update', work, false, STATUS.aborted, STATUS.failedPrecondition);
    },
    remove: () => {
      const work = async () => client.deleteSecret({ name }, options).then(() => true);
      return call('secrets.delete', work, false, STATUS.notFound);
    },
  };
}

function described({ etag, versionAliases, annotations }: Api): Described {
  const aliases = Object.entries(versionAliases ?? {}).map(([alias, version]) => [alias, Number(version)] as const);
  return { etag: etag ?? '', aliases: Object.fromEntries(aliases), annotations: annotations ?? {} };
}

function checked({ uri }: Address, payload: protos.google.cloud.secretmanager.v1.ISecretPayload | null | undefined) {
  const data = Buffer.from(payload?.data ?? '');
  const sum = payload?.dataCrc32c;
  if (sum === null || sum === undefined || Number(sum) === crc32c(data)) return data.toString('utf8');
  throw unreachable(uri, 'what came was damaged on the way (checksum)', undefined);
}

/** The number at the end of `projects/…/secrets/…/versions/7`. */
function numberIn(name: string | null | undefined): number {
  return Number(name?.split('/').at(-1));
}

/** Of several that are staged at once, the first counts: the others are about to be taken back. */
export async function firstOf(waiting: GoogleSecret): Promise<Accessed | null> {
  const first = (await waiting.enabled()).at(-1);
  return first === undefined ? null : waiting.access(first);
}
