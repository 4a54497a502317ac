import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/stores/address.ts';
import { checkTarget } from '../../src/targets/address.ts';

describe('an address', () => {
  test.each([
    ['vault://secret/team/claude', { kind: 'vault', scope: 'secret', path: 'team/claude', field: null }],
    ['vault://secret/claude#api_key', { kind: 'vault', scope: 'secret', path: 'claude', field: 'api_key' }],
    ['aws-sm://eu-west-1/prod/claude', { kind: 'aws-sm', scope: 'eu-west-1', path: 'prod/claude', field: null }],
    ['aws-sm://us-gov-west-1/a#b', { kind: 'aws-sm', scope: 'us-gov-west-1', path: 'a', field: 'b' }],
    ['gcp-sm://my-project/claude', { kind: 'gcp-sm', scope: 'my-project', path: 'claude', field: null }],
    ['gcp-sm://123456/claude', { kind: 'gcp-sm', scope: '123456', path: 'claude', field: null }],
  ])('%s is read', (uri, expected) => {
    expect(parseAddress(uri)).toEqual({ uri, ...expected });
  });

  test.each([
    '',
    'keychain',
    'vault:/secret/x',
    'vault://secret',
    'vault://secret/',
    'vault://secret/../sys/x',
    'vault://secret/a//b',
    'vault://secret/a?version=1',
    'vault://secret/a#',
    'aws-sm://Dublin/x',
    'aws-sm://eu-west-1/',
    'aws-sm://eu-west-1/a b',
    'gcp-sm://P/x',
    'gcp-sm://my-project/a/b',
    'gcp-sm://my-project/a#b\nc',
    'azure-kv://x/y',
  ])('%j is refused, with how one is written', (text) => {
    expect(() => parseAddress(text)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('an address is written') }),
    );
  });

  test.each(['k8s://apps/claude#api-key', 'gh-secret://acme/app/ANTHROPIC_API_KEY', 'aws-sm://eu-west-1/x'])(
    '%s can be a target',
    (uri) => {
      expect(checkTarget(uri)).toBe(uri);
    },
  );

  test.each([
    'k8s://apps/claude',
    'k8s://Apps/claude#k',
    'gh-secret://acme/app',
    'gh-secret://acme/app/GITHUB_X',
    'gh-secret://a/../B',
    'file',
  ])('%s cannot', (text) => {
    expect(() => checkTarget(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
