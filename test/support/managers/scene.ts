import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startVault } from './bao.ts';
import { type Cutter, startCutter } from './cut.ts';
import { AWS_ANSWERS, VAULT_ANSWERS } from './faults.ts';
import { startGoogle } from './google.ts';
import { startAws } from './moto.ts';
import { MOTO, requireServer, VAULT } from './tools.ts';

/** One of the three managers, with something in between that lets a write hang, and a way to read around it. */
export interface Manager {
  readonly name: string;
  readonly cutter: Omit<Cutter, 'url'>;
  /** For the program's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** An address for a secret of this name. */
  at(name: string): string;
  /** What a program that reads the current version there gets; null when there is none. */
  current(name: string): Promise<string | null>;
  stop(): Promise<void>;
}

export const KINDS = ['aws', 'vault', 'google'] as const;

/** Whether the server of a manager is installed. */
export const READY: Readonly<Record<(typeof KINDS)[number], () => boolean>> = {
  aws: () => requireServer('moto', MOTO),
  vault: () => requireServer('vault or bao', VAULT),
  google: () => true,
};

const REGION = 'eu-west-1';
const CREDENTIAL = `AWS4-HMAC-SHA256 Credential=testing/20260101/${REGION}/secretsmanager/aws4_request, SignedHeaders=host, Signature=none`;

/** Asks moto as any client would; it looks at no signature. */
export async function askAws(url: string, action: string, body: object): Promise<Readonly<Record<string, never>>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: CREDENTIAL,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${action}`,
    },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Readonly<Record<string, never>>;
}

export const MANAGERS: Readonly<Record<'aws' | 'vault' | 'google', () => Promise<Manager>>> = {
  aws: async () => {
    const aws = await startAws();
    const isWrite = /\.(?:Put|Create|Update|Delete|Tag)/;
    const cutter = await startCutter(
      aws.url,
      ({ headers }) => isWrite.test(String(headers['x-amz-target'])),
      AWS_ANSWERS,
    );
    const env = { ...aws.env, AWS_ENDPOINT_URL: cutter.url };
    // The client reads the variables of the process, which in these tests is the test's own.
    Object.assign(process.env, env);
    return {
      name: 'AWS Secrets Manager',
      cutter,
      env,
      at: (name) => `aws-sm://${REGION}/${name}`,
      current: async (name) => {
        // By its label: without one, moto gives the version that was put last, whatever was promoted since.
        const asked = { SecretId: name, VersionStage: 'AWSCURRENT' };
        return (await askAws(aws.url, 'GetSecretValue', asked))['SecretString'] ?? null;
      },
      stop: async () => void (await Promise.all([aws.stop(), cutter.stop()])),
    };
  },
  vault: async () => {
    const vault = await startVault();
    const isWrite = ({ method }: IncomingMessage) => method === 'POST' || method === 'DELETE';
    const cutter = await startCutter(vault.url, isWrite, VAULT_ANSWERS);
    return {
      name: 'Vault',
      cutter,
      env: { ...vault.env, VAULT_ADDR: cutter.url },
      at: (name) => `vault://secret/${name}`,
      current: async (name) => {
        const { data } = (await vault.ask('GET', `secret/data/${name}`)) as { data?: { data: { value?: string } } };
        return data?.data?.value ?? null;
      },
      stop: async () => void (await Promise.all([vault.stop(), cutter.stop()])),
    };
  },
  google: async () => {
    const google = await startGoogle();
    return {
      name: 'Google Secret Manager',
      cutter: {
        get writes() {
          return google.counter.writes;
        },
        arm: (write, moment = 'before') => google.counter.arm(write, moment),
        meet: google.meet,
        stop: async () => {},
      },
      env: { ...google.env },
      at: (name) => `gcp-sm://test-project/${name}`,
      current: async (name) => {
        try {
          return google.book.textOf(`projects/test-project/secrets/${name}`);
        } catch {
          return null;
        }
      },
      stop: () => google.stop(),
    };
  },
};

/** Reads the current version every 20 ms until it is stopped, and gives everything that was seen. */
export function startReader(manager: Manager, name: string): { stop(): Promise<Set<string | null>> } {
  const seen = new Set<string | null>();
  let over = false;
  const loop = (async () => {
    while (!over) {
      // A connection that was just closed by an idle server says nothing of the secret.
      await manager.current(name).then(
        (secret) => seen.add(secret),
        () => {},
      );
      await sleep(20);
    }
  })();
  return {
    stop: async () => {
      over = true;
      await loop;
      return seen;
    },
  };
}
