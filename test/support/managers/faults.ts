import { status } from '@grpc/grpc-js';

/**
 * How a call to a manager goes wrong. `silent` is never answered; `dropped` loses its connection before anything is
 * done, and `unheard` when everything is, so that nobody hears of it.
 */
export const FAULTS = [
  'denied',
  'missing',
  'throttled',
  'broken',
  'unavailable',
  'silent',
  'dropped',
  'unheard',
] as const;
export type Fault = (typeof FAULTS)[number];
type Answered = Exclude<Fault, 'silent' | 'dropped' | 'unheard'>;

export interface Call {
  /** Has the name of the secret somewhere. */
  readonly text: string;
  /** The same for what the client tries again. */
  readonly id: string;
  readonly isWrite: boolean;
}

/** What is to become of a call; it waits until that is said. */
export type Decide = (call: Call) => Fault | null | Promise<null>;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}
export type Answers = Readonly<Record<Answered, Answer>>;

const vault = (code: number, ...errors: string[]): Answer => {
  return { status: code, headers: { 'content-type': 'application/json' }, body: { errors } };
};

export const VAULT_ANSWERS: Answers = {
  denied: vault(403, '1 error occurred:\n\t* permission denied\n\n'),
  missing: vault(404),
  throttled: vault(429, 'rate limit quota exceeded'),
  broken: vault(500, 'internal error'),
  unavailable: vault(503, 'Vault is sealed'),
};

const aws = (code: number, type: string): Answer => {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type };
  return { status: code, headers, body: { __type: type, message: 'told to' } };
};

export const AWS_ANSWERS: Answers = {
  denied: aws(400, 'AccessDeniedException'),
  missing: aws(400, 'ResourceNotFoundException'),
  throttled: aws(400, 'ThrottlingException'),
  broken: aws(500, 'InternalServiceError'),
  unavailable: aws(503, 'ServiceUnavailable'),
};

/** To a client of gRPC a connection that was lost is a status too. */
export const GOOGLE_CODES: Readonly<Record<Exclude<Fault, 'silent'>, number>> = {
  denied: status.PERMISSION_DENIED,
  missing: status.NOT_FOUND,
  throttled: status.RESOURCE_EXHAUSTED,
  broken: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
  dropped: status.UNAVAILABLE,
  unheard: status.UNAVAILABLE,
};
