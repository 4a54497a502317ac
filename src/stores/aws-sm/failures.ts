import { UserError } from '../../errors.ts';
import type { Address } from '../address.ts';
import { networkProblem, refusedAccess, unreachable } from '../managed/problems.ts';

/** Names that AWS gives to errors (API reference of Secrets Manager, "Common errors"), by what they say. */
const EXPIRED = /^(?:ExpiredToken(?:Exception)?|RequestExpired|TokenRefreshRequired)$/;
const CREDENTIALS =
  /^(?:CredentialsProviderError|TokenProviderError|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|MissingAuthenticationToken(?:Exception)?|IncompleteSignature(?:Exception)?|AuthFailure|OptInRequired)$/;
const THROTTLED = /^(?:Throttl\w*|TooManyRequestsException|RequestLimitExceeded|RequestThrottled\w*|SlowDown)$/;
const DENIED = /^(?:AccessDenied(?:Exception)?|NotAuthorized|UnauthorizedOperation)$/;
const CIPHER = /^(?:DecryptionFailure|EncryptionFailure|KMS\w+)$/;
const DELETED = /(?:mark|schedul)ed(?: for)? delet/i;

/**
 * Whether an error is this answer of AWS: the error's name, or `deleted` for a secret that is scheduled for deletion,
 * which has no name of its own.
 */
export function isAnswer(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const deleted = error.name === 'InvalidRequestException' && DELETED.test(error.message);
  return name === 'deleted' ? deleted : error.name === name && !deleted;
}

/**
 * What AWS or the way to it refused, for a person. Of AWS's own message only the action it names is shown: a message
 * may repeat what was sent.
 */
export function inWords(error: unknown, { uri, scope, path }: Address, action: string): UserError {
  if (error instanceof UserError) return error;
  const name = error instanceof Error ? error.name : 'unknown error';
  const message = error instanceof Error ? error.message : '';
  if (EXPIRED.test(name) || (name === 'CredentialsProviderError' && /expired/i.test(message))) {
    return refusedAccess(uri, 'the credentials for AWS have expired', 'get new ones: aws sso login', error);
  }
  if (CREDENTIALS.test(name)) {
    const why =
      name === 'CredentialsProviderError' ? 'there are no credentials' : 'AWS does not accept the credentials';
    return refusedAccess(uri, why, 'look with: aws sts get-caller-identity; set AWS_PROFILE, or: aws sso login', error);
  }
  if (DENIED.test(name)) {
    const missing = /perform: ([\w-]+:\w+)/.exec(message)?.[1] ?? `secretsmanager:${action}`;
    return refusedAccess(uri, `no permission: ${missing} is missing`, `allow ${missing} on the secret ${path}`, error);
  }
  if (CIPHER.test(name)) {
    return refusedAccess(
      uri,
      `its KMS key cannot be used (${name})`,
      'allow kms:Decrypt and kms:GenerateDataKey',
      error,
    );
  }
  if (isAnswer(error, 'deleted')) return scheduledForDeletion(uri, scope, path, error);
  if (name === 'ResourceNotFoundException') {
    return noSuchSecret(uri, error);
  }
  if (name === 'LimitExceededException') {
    return refusedAccess(uri, 'AWS allows no more versions or secrets', 'see the quotas of the account', error);
  }
  if (THROTTLED.test(name)) return unreachable(uri, 'AWS answers fewer requests than are sent (throttled)', error);
  const problem = networkProblem(error);
  if (problem !== null) return unreachable(uri, problem, error, `is ${scope} the right region? is the network there?`);
  return unreachable(uri, `AWS answered ${name}`, error);
}

export function noSuchSecret(uri: string, cause?: unknown): UserError {
  return refusedAccess(uri, 'there is no such secret', 'is it in another region or account?', cause);
}

export function scheduledForDeletion(uri: string, region: string, path: string, cause?: unknown): UserError {
  return refusedAccess(
    uri,
    'it is scheduled for deletion',
    `bring it back: aws secretsmanager restore-secret --region ${region} --secret-id ${path}`,
    cause,
  );
}
