import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveEndpoint } from '../../src/anthropic/endpoint.ts';
import { UserError } from '../../src/errors.ts';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

function resolve(url: string | undefined, trustedHosts: string[] = []): string {
  const ctx = new TestMachine().context({ env: url === undefined ? {} : { ANTHROPIC_BASE_URL: url } });
  mkdirSync(dirname(ctx.paths.configFile), { recursive: true });
  writeFileSync(ctx.paths.configFile, JSON.stringify({ trustedHosts }));
  return resolveEndpoint(ctx).baseURL;
}

describe('where keys may go', () => {
  test.each([
    [undefined, 'https://api.anthropic.com'],
    ['', 'https://api.anthropic.com'],
    ['   ', 'https://api.anthropic.com'],
    ['https://api.anthropic.com', 'https://api.anthropic.com'],
    ['https://api.anthropic.com/', 'https://api.anthropic.com'],
    ['https://api.anthropic.com:443', 'https://api.anthropic.com'],
    [' https://api.anthropic.com\n', 'https://api.anthropic.com'],
    // Read as fetch reads them, and then called in the form that was checked.
    ['HTTPS://API.Anthropic.COM', 'https://api.anthropic.com'],
    ['https://api%2Eanthropic.com', 'https://api.anthropic.com'],
    ['https://api.anthropic.com\\@evil.example', 'https://api.anthropic.com/@evil.example'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['https://localhost:8443/base/', 'https://localhost:8443/base'],
    ['http://LOCALHOST', 'http://localhost'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.9.8.7', 'http://127.9.8.7'],
    ['http://2130706433', 'http://127.0.0.1'],
    ['http://0177.0.0.1:80', 'http://127.0.0.1'],
    ['http://[::1]:9', 'http://[::1]:9'],
  ])('%j is called as %s', (url, expected) => {
    expect(resolve(url)).toBe(expected);
  });

  test.each([
    ['another host', 'https://evil.example'],
    ['a proxy by name', 'https://gateway.corp.example/anthropic'],
    ['plain http to the service', 'http://api.anthropic.com'],
    ['plain http with the port of https', 'http://api.anthropic.com:443'],
    ['userinfo', 'https://api.anthropic.com@evil.example'],
    ['userinfo with a password', 'https://api.anthropic.com:443@evil.example/'],
    ['userinfo to the service', 'https://someone@api.anthropic.com'],
    ['userinfo to loopback', 'http://api.anthropic.com@127.0.0.1'],
    ['the name as a beginning', 'https://api.anthropic.com.evil.example'],
    ['the name as an end', 'https://evil-api.anthropic.com.example'],
    ['a name that ends alike', 'https://notapi.anthropic.com'],
    ['a sibling', 'https://console.anthropic.com'],
    ['the parent', 'https://anthropic.com'],
    ['a trailing dot', 'https://api.anthropic.com.'],
    ['another port', 'https://api.anthropic.com:8443'],
    ['letters that look alike', 'https://\u0430pi.anthropic.com'],
    ['loopback as a beginning', 'http://127.0.0.1.evil.example'],
    ['localhost as a beginning', 'http://localhost.evil.example'],
    ['localhost as an end', 'http://evil.localhost'],
    ['localhost with a dot', 'http://localhost.'],
    ['another address', 'http://128.0.0.1'],
    ['a decimal address off loopback', 'http://3232235521'],
    ['an octal address off loopback', 'http://0300.0250.0.1'],
    ['every address', 'http://0.0.0.0'],
    ['a mapped address', 'http://[::ffff:127.0.0.1]'],
    ['a mapped address off loopback', 'http://[::ffff:10.0.0.1]'],
    ['another address of IPv6', 'https://[2001:db8::1]'],
    ['a private address', 'http://10.0.0.1:8080'],
    ['no URL', 'api.anthropic.com'],
    ['no URL at all', 'not a url'],
    ['another scheme', 'ftp://api.anthropic.com'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['a query that swallows the path', 'https://api.anthropic.com?x='],
    ['a fragment that swallows the path', 'http://127.0.0.1/#'],
  ])('refuses %s: %s', (_, url) => {
    // `new URL` drops an empty fragment, which is then harmless.
    if (url.endsWith('#')) return expect(resolve(url)).toBe('http://127.0.0.1');
    const error = refusal(() => resolve(url));
    expect(error).toMatchObject({ code: 'untrusted_host', exitCode: 6 });
    expect(error.hint).toContain('unset ANTHROPIC_BASE_URL');
  });

  test.each([
    ['gateway.corp.example', 'https://gateway.corp.example', true],
    ['gateway.corp.example', 'https://gateway.corp.example/anthropic/', true],
    ['Gateway.Corp.Example', 'https://gateway.corp.example', true],
    ['gateway.corp.example:443', 'https://gateway.corp.example', true],
    ['gateway.corp.example:8443', 'https://gateway.corp.example:8443', true],
    ['10.0.0.1:8443', 'https://10.0.0.1:8443', true],
    ['gateway.corp.example', 'https://gateway.corp.example:8443', false],
    ['gateway.corp.example', 'http://gateway.corp.example', false],
    ['gateway.corp.example', 'https://a.gateway.corp.example', false],
    ['gateway.corp.example', 'https://gateway.corp.example@evil.example', false],
    ['api.anthropic.com', 'http://api.anthropic.com', false],
  ])('with trustedHosts [%s], %s: %s', (trusted, url, allowed) => {
    if (allowed) expect(resolve(url, [trusted])).toBe(url.replace(/\/$/, ''));
    else expect(refusal(() => resolve(url, [trusted]))).toMatchObject({ code: 'untrusted_host' });
  });

  test('says how to trust a host, and repeats no secret from the variable', () => {
    expect(refusal(() => resolve('https://gateway.corp.example:8443'))).toMatchObject({
      message: 'ANTHROPIC_BASE_URL names gateway.corp.example:8443, a host that keys are not sent to',
      hint: 'unset ANTHROPIC_BASE_URL; or, if that host may have your keys: claude-keys config set trustedHosts gateway.corp.example:8443',
    });
    const key = makeKey();
    for (const url of [
      `https://${key}@evil.example`,
      `https://${key.slice(0, 50)}.example`,
      `https://evil.example/${key}`,
    ]) {
      const { message, hint } = refusal(() => resolve(url));
      expect(`${message} ${hint}`.toLowerCase()).not.toContain(key.slice(13, 40).toLowerCase());
    }
  });
});

function refusal(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
