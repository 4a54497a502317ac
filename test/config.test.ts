import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig, SETTING_NAMES } from '../src/config.ts';
import { UserError } from '../src/errors.ts';
import { TestMachine } from './support/host.ts';

function read(content: string): unknown {
  const ctx = new TestMachine().context();
  mkdirSync(dirname(ctx.paths.configFile), { recursive: true });
  writeFileSync(ctx.paths.configFile, content);
  return readConfig(ctx);
}

describe('config.json', () => {
  test('is empty when it is not there', () => {
    expect(readConfig(new TestMachine().context())).toEqual({});
  });

  test.each([
    ['{}', {}],
    ['{"store":"file"}', { store: 'file' }],
    [
      '{"rotateAfterDays":90,"verifyModel":"claude-haiku-5-5"}',
      { rotateAfterDays: 90, verifyModel: 'claude-haiku-5-5' },
    ],
    ['{"trustedHosts":["a.example","b.example:8443"]}', { trustedHosts: ['a.example', 'b.example:8443'] }],
    ['{"trustedHosts":[]}', { trustedHosts: [] }],
  ])('%s', (content, expected) => {
    expect(read(content)).toEqual(expected);
  });

  test.each([
    ['', 'it is not JSON'],
    ['{"store":"file"', 'it is not JSON'],
    ['null', 'it is no object of settings'],
    ['[]', 'it is no object of settings'],
    ['{"Store":"file"}', '"Store" is not a setting'],
    ['{"__proto__":{"store":"file"}}', '"__proto__" is not a setting'],
    ['{"constructor":1}', '"constructor" is not a setting'],
    ['{"store":"cloud"}', 'store is not keychain or file'],
    ['{"store":null}', 'store is not keychain or file'],
    ['{"rotateAfterDays":"90"}', 'rotateAfterDays is not a whole number of days from 1 to 3650'],
    ['{"rotateAfterDays":0.5}', 'rotateAfterDays is not a whole number'],
    ['{"verifyModel":"-x"}', 'verifyModel is not the id of a model'],
    ['{"trustedHosts":"a.example"}', 'trustedHosts is not names of hosts'],
    ['{"trustedHosts":["https://a.example"]}', 'trustedHosts is not names of hosts'],
  ])('%s is refused', (content, why) => {
    try {
      read(content);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      const { code, message, hint } = error as UserError;
      expect({ code, message, hint }).toEqual({
        code: 'bad_config',
        message: expect.stringContaining(why),
        hint: `correct or remove it; the settings are: ${SETTING_NAMES.join(', ')}`,
      });
    }
  });
});
