import type { Address } from '../address.ts';
import { objectAt } from '../managed/document.ts';
import { inWords } from './failures.ts';
import type { Send, VaultAnswer, VaultCall } from './http.ts';

/** The fields of a secret as Vault sent them. */
export interface Fields {
  /** A JSON object, every character as it came. */
  readonly text: string;
  /** 0 in version 1 of the engine, which has none. */
  readonly version: number;
  readonly createdAt: string | null;
}

/** Nothing to read, with the version that a write must follow: not 0 when the latest one was deleted. */
export interface Nothing {
  readonly text: null;
  readonly version: number;
}

export type Notes = Readonly<Record<string, string>>;

/** One secret of a key/value engine, version 1 or 2. What Vault refuses otherwise is a `UserError`. */
export interface KvSecret {
  readonly hasVersions: boolean;
  read(version?: number): Promise<Fields | Nothing>;
  /** Writes after the version that was read; false when there is another by now (version 2 alone can tell). */
  write(text: string, after: number): Promise<boolean>;
  /** Deletes what is there now; in version 2 it can be brought back: `vault kv undelete`. */
  remove(): Promise<void>;
  removeVersions(versions: readonly number[]): Promise<void>;
  /** The custom metadata; empty in version 1. */
  notes(): Promise<Notes>;
  annotate(notes: Notes): Promise<void>;
}

/** Where the engine is mounted, and which version of it, as `vault kv` asks before everything else. */
export async function kvSecret(send: Send, token: string, address: Address): Promise<KvSecret> {
  const whole = `${address.scope}/${address.path}`;
  const call = (request: Omit<VaultCall, 'token'>) => send({ ...request, token });
  const answer = await call({ method: 'GET', path: `sys/internal/ui/mounts/${encoded(whole)}` });
  // Who may not ask has a server that does not tell, or no permission there at all: the next call says which.
  const data = answer.status === 200 ? dataOf(answer) : {};
  const mount = typeof data['path'] === 'string' ? data['path'] : `${address.scope}/`;
  const rest = encoded(whole.slice(mount.length));
  const options = data['options'];
  const version = typeof options === 'object' && options !== null && 'version' in options ? options.version : null;
  const isFirst = answer.status === 200 && version !== '2';
  const refuse = (refused: VaultAnswer, capability: string, path: string) =>
    inWords(refused, address, { capability, path, call });
  return isFirst
    ? version1(call, `${encoded(mount)}${rest}`, refuse)
    : version2(call, (part) => `${encoded(mount)}${part}/${rest}`, refuse);
}

type Call = (request: Omit<VaultCall, 'token'>) => Promise<VaultAnswer>;
type Refuse = (answer: VaultAnswer, capability: string, path: string) => Promise<Error>;

function version1(call: Call, path: string, refuse: Refuse): KvSecret {
  return {
    hasVersions: false,
    read: async () => {
      const answer = await call({ method: 'GET', path });
      if (answer.status === 404) return { text: null, version: 0 };
      if (answer.status !== 200) throw await refuse(answer, 'read', path);
      return { text: objectAt(answer.text, 'data') ?? '{}', version: 0, createdAt: null };
    },
    write: async (text) => {
      const answer = await call({ method: 'POST', path, body: text });
      if (answer.status >= 300) throw await refuse(answer, 'update', path);
      return true;
    },
    remove: async () => {
      const answer = await call({ method: 'DELETE', path });
      if (answer.status >= 300 && answer.status !== 404) throw await refuse(answer, 'delete', path);
    },
    removeVersions: async () => {},
    notes: async () => ({}),
    annotate: async () => {},
  };
}

function version2(call: Call, pathOf: (part: string) => string, refuse: Refuse): KvSecret {
  const [data, metadata] = [pathOf('data'), pathOf('metadata')];
  return {
    hasVersions: true,
    read: async (version) => {
      const answer = await call({ method: 'GET', path: version === undefined ? data : `${data}?version=${version}` });
      // A version that was deleted is told of with its number, and is not found.
      if (answer.status === 404) return { text: null, version: versionIn(answer) };
      if (answer.status !== 200) throw await refuse(answer, 'read', data);
      return {
        text: objectAt(answer.text, 'data', 'data') ?? '{}',
        version: versionIn(answer),
        createdAt: createdIn(answer),
      };
    },
    write: async (text, after) => {
      const answer = await call({ method: 'POST', path: data, body: `{"options":{"cas":${after}},"data":${text}}` });
      if (answer.status === 400 && /check-and-set/.test(answer.text)) return false;
      if (answer.status >= 300) throw await refuse(answer, after === 0 ? 'create' : 'update', data);
      return true;
    },
    remove: async () => {
      const answer = await call({ method: 'DELETE', path: data });
      if (answer.status >= 300) throw await refuse(answer, 'delete', data);
    },
    removeVersions: async (versions) => {
      if (versions.length === 0) return;
      const path = pathOf('delete');
      const answer = await call({ method: 'POST', path, body: JSON.stringify({ versions }) });
      if (answer.status >= 300) throw await refuse(answer, 'update', path);
    },
    notes: async () => {
      const answer = await call({ method: 'GET', path: metadata });
      if (answer.status === 404) return {};
      if (answer.status !== 200) throw await refuse(answer, 'read', metadata);
      return (dataOf(answer)['custom_metadata'] ?? {}) as Notes;
    },
    annotate: async (notes) => {
      const answer = await call({ method: 'POST', path: metadata, body: JSON.stringify({ custom_metadata: notes }) });
      if (answer.status >= 300) throw await refuse(answer, 'update', metadata);
    },
  };
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function dataOf({ text }: VaultAnswer): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text).data };
  } catch {
    return {};
  }
}

function createdIn(answer: VaultAnswer): string | null {
  const { metadata } = dataOf(answer);
  const isKnown = typeof metadata === 'object' && metadata !== null && 'created_time' in metadata;
  return isKnown && typeof metadata.created_time === 'string' ? metadata.created_time : null;
}

function versionIn(answer: VaultAnswer): number {
  const { metadata } = dataOf(answer);
  const version = typeof metadata === 'object' && metadata !== null && 'version' in metadata ? metadata.version : 0;
  return typeof version === 'number' ? version : 0;
}
