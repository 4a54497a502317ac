import { UserError } from '../errors.ts';
import { ADDRESS_FORMS, parseAddress } from '../stores/address.ts';

export interface KubernetesAddress {
  readonly uri: string;
  readonly namespace: string;
  readonly secret: string;
  readonly key: string;
}

export interface GithubAddress {
  readonly uri: string;
  readonly owner: string;
  readonly repository: string;
  readonly name: string;
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const KUBERNETES = new RegExp(`^k8s://(${LABEL})/(${LABEL}(?:\\.${LABEL})*)#([A-Za-z0-9._-]{1,253})$`);
const GITHUB =
  /^gh-secret:\/\/([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))\/(?!\.{1,2}\/)([A-Za-z0-9._-]{1,100})\/([A-Za-z_][A-Za-z0-9_]{0,254})$/;

const FORMS = `k8s://NAMESPACE/SECRET#KEY, gh-secret://OWNER/REPOSITORY/NAME, ${ADDRESS_FORMS}`;

/** @throws {UserError} `usage` */
export function parseKubernetes(text: string): KubernetesAddress {
  const [uri, namespace, secret, key] = KUBERNETES.exec(text) ?? [];
  if (uri === undefined || !namespace || !secret || !key) throw badTarget(text);
  return { uri, namespace, secret, key };
}

/** @throws {UserError} `usage` */
export function parseGithub(text: string): GithubAddress {
  const [uri, owner, repository, name] = GITHUB.exec(text) ?? [];
  if (uri === undefined || !owner || !repository || !name || /^GITHUB_/i.test(name)) throw badTarget(text);
  return { uri, owner, repository, name };
}

/** The address of a target, as it is written. @throws {UserError} `usage` */
export function checkTarget(text: string): string {
  if (text.startsWith('k8s://')) return parseKubernetes(text).uri;
  if (text.startsWith('gh-secret://')) return parseGithub(text).uri;
  if (/^(?:vault|aws-sm|gcp-sm):\/\//.test(text)) return parseAddress(text).uri;
  throw badTarget(text);
}

function badTarget(text: string): UserError {
  return new UserError('usage', `${JSON.stringify(text.slice(0, 80))} is no address of a target`, {
    hint: `an address is written: ${FORMS}`,
  });
}
