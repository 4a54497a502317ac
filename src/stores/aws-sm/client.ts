import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from '../../context.ts';
import type { Address } from '../address.ts';
import { loadClient, refusePlainHttp } from '../managed/problems.ts';
import { inWords, isAnswer } from './failures.ts';

/** A staging label of AWS: what says which version is which. */
export type Stage = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS' | `CLAUDE-KEYS-STANDBY-${string}`;

export interface Held {
  readonly text: string;
  readonly versionId: string;
  readonly stages: readonly string[];
  readonly createdAt: string | null;
}

export interface Described {
  /** The labels of each version. */
  readonly stages: Readonly<Record<string, readonly string[]>>;
  readonly isDeleted: boolean;
}

/**
 * The calls for one secret. Null or false stand for "there is none"; everything else that AWS refuses is a `UserError`.
 */
export interface AwsSecret {
  value(stage: Stage): Promise<Held | null>;
  version(versionId: string): Promise<Held | null>;
  /** Null when there is no secret. */
  describe(): Promise<Described | null>;
  /** False when there is one by now. */
  create(text: string): Promise<boolean>;
  /** A new version with this label, and this id if it is given; false when there is no secret. */
  put(text: string, stage: Stage, versionId?: string): Promise<boolean>;
  /** Moves a label in one step; false when it is no longer where it was. */
  move(stage: Stage, from: string | null, to: string | null): Promise<boolean>;
  /** Deletes it after the recovery window of AWS, 30 days. */
  remove(): Promise<void>;
  /** Notes for people; where that is not allowed, nothing happens. */
  tag(tags: Readonly<Record<string, string>>): Promise<void>;
}

const PACKAGE = '@aws-sdk/client-secrets-manager';

/** Credentials, endpoint and retries are the client's own: the chain that every tool of AWS uses. */
export async function awsSecret(ctx: Context, address: Address): Promise<AwsSecret> {
  const aws = await loadClient(ctx, PACKAGE, () => import('@aws-sdk/client-secrets-manager'));
  const client = new aws.SecretsManagerClient({
    region: address.scope,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  });
  keepOffPlainHttp(client);
  const SecretId = address.path;

  async function call<T, E>(action: string, work: () => Promise<T>, answers: Readonly<Record<string, E>>) {
    try {
      return await work();
    } catch (error) {
      const answer = Object.keys(answers).find((name) => isAnswer(error, name));
      if (answer !== undefined) return answers[answer] as E;
      throw inWords(error, address, action);
    }
  }

  async function held(which: { VersionStage: string } | { VersionId: string }): Promise<Held | null> {
    const command = new aws.GetSecretValueCommand({ SecretId, ...which });
    const none = { ResourceNotFoundException: null, deleted: null };
    const answer = await call('GetSecretValue', () => client.send(command), none);
    if (answer === null) return null;
    const { SecretString, SecretBinary, VersionId = '', VersionStages = [], CreatedDate } = answer;
    const text = SecretString ?? Buffer.from(SecretBinary ?? []).toString('utf8');
    return { text, versionId: VersionId, stages: VersionStages, createdAt: CreatedDate?.toISOString() ?? null };
  }

  return {
    value: (stage) => held({ VersionStage: stage }),
    version: (versionId) => held({ VersionId: versionId }),
    describe: async () => {
      const command = new aws.DescribeSecretCommand({ SecretId });
      const answer = await call('DescribeSecret', () => client.send(command), { ResourceNotFoundException: null });
      return answer === null
        ? null
        : { stages: answer.VersionIdsToStages ?? {}, isDeleted: answer.DeletedDate !== undefined };
    },
    create: async (text) => {
      const Description = 'A Claude API key, kept by claude-keys';
      const command = new aws.CreateSecretCommand({ Name: SecretId, Description, SecretString: text });
      const exists = { ResourceExistsException: false };
      return (await call('CreateSecret', () => client.send(command), exists)) !== false;
    },
    put: async (text, stage, versionId) => {
      const command = new aws.PutSecretValueCommand({
        SecretId,
        SecretString: text,
        VersionStages: [stage],
        ...(versionId && { ClientRequestToken: versionId }),
      });
      const none = { ResourceNotFoundException: false };
      return (await call('PutSecretValue', () => client.send(command), none)) !== false;
    },
    move: async (stage, from, to) => {
      const command = new aws.UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: stage,
        ...(from !== null && { RemoveFromVersionId: from }),
        ...(to !== null && { MoveToVersionId: to }),
      });
      const elsewhere = { InvalidParameterException: false, InvalidRequestException: false };
      return (await call('UpdateSecretVersionStage', () => client.send(command), elsewhere)) !== false;
    },
    remove: async () => {
      await call('DeleteSecret', () => client.send(new aws.DeleteSecretCommand({ SecretId })), {});
    },
    tag: async (tags) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const command = new aws.TagResourceCommand({ SecretId, Tags });
      await call('TagResource', () => client.send(command), { AccessDeniedException: null });
    },
  };
}

/** Wherever the endpoint comes from (variables, profiles), it is known by the time a request goes out. */
function keepOffPlainHttp(client: SecretsManagerClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { protocol, hostname } = args.request as { protocol: string; hostname: string };
      refusePlainHttp(protocol, hostname);
      return next(args);
    },
    { step: 'finalizeRequest', name: 'keepOffPlainHttp', priority: 'low' },
  );
}
