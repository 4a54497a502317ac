import { gzipSync } from 'node:zlib';
import { makeAdminKey, makeKey, makeOauthToken } from '../support/secrets.ts';
import { MORE_NEGATIVES, MORE_WRITINGS } from './writings.ts';

/** One text, and what is to be found in it. */
export interface Case {
  readonly name: string;
  readonly group: 'plain' | 'encoded' | 'negative';
  readonly content: Buffer;
  /** The credential; null where there is none. */
  readonly value: string | null;
}

const token = (prefix: string): string => makeKey(prefix);
const jwt = (prefix: string): string =>
  `${prefix}eyJ${makeKey('').slice(0, 40)}.eyJ${makeKey('').slice(0, 60)}.${makeKey('').slice(0, 43)}`;

/** The credentials that go into every carrier, in turn. */
const CREDENTIALS: readonly (() => string)[] = [
  () => makeKey(),
  makeAdminKey,
  makeOauthToken,
  () => token('sk-ant-ort01-'),
  () => token('sk-ant-sid01-'),
];

/** Forty ways in which a credential stands in a file. `@` is its place. */
const CARRIERS: Readonly<Record<string, string>> = {
  'env file': 'PORT=80\nANTHROPIC_API_KEY=@\nX=1\n',
  'shell export': 'export ANTHROPIC_API_KEY="@"; ls\n',
  'fish set': "set -gx ANTHROPIC_API_KEY '@'\n",
  powershell: '$env:ANTHROPIC_API_KEY = "@"\r\n',
  batch: 'set ANTHROPIC_API_KEY=@\r\n',
  json: '{"apiKey": "@", "n": 1}',
  'json in json': '{"body": "{\\"key\\":\\"@\\"}"}',
  'json lines': '{"a":1}\n{"text":"my key is @\\nthanks"}\n',
  notebook: '{"cells":[{"source":["client = Anthropic(api_key=\\"@\\")\\n"]}]}',
  yaml: 'env:\n  - name: KEY\n    value: @\n',
  'yaml flow': 'env: {key: @, other: x}\n',
  toml: '[auth]\nkey = "@"\n',
  ini: '[auth]\nkey=@\n; end\n',
  xml: '<add key="ClaudeKey" value="@" />',
  'xml text': '<key>@</key>',
  html: '<script>const k="@";</script>',
  markdown: 'Use `@` here.\n',
  'markdown link': '[x](https://a.example/?key=@)',
  sentence: 'My key is @. Please help!\n',
  brackets: 'keys: [@]\n',
  'angle brackets': 'From <@>\n',
  python: "client = Anthropic(api_key='@')\n",
  'python comment': '# old: @\n',
  javascript: 'const c = new Anthropic({ apiKey: `@` })\n',
  'minified script': 'a=1;b("@");c=2',
  go: 'const Key = "@"\n',
  rust: 'let key = r#"@"#;\n',
  java: 'String key = "@";\n',
  dockerfile: 'ENV ANTHROPIC_API_KEY @\n',
  compose: '      - ANTHROPIC_API_KEY=@\n',
  terraform: 'variable "k" { default = "@" }\n',
  'curl header': "curl -H 'x-api-key: @' https://api.anthropic.com\n",
  bearer: 'Authorization: Bearer @\r\n',
  url: 'https://user:@@host.example/'.replace('@@', '@&'),
  'query string': 'GET /v1?key=@&x=1 HTTP/1.1\n',
  'quoted query': '%22@%22%2C',
  'escaped line end': 'line\\n@\\nline',
  'escaped quote': '\\u0022@\\u0022',
  colours: '\u001b[31m@\u001b[0m\n',
  diff: '-old\n+key: @\n context\n',
  csv: 'name,@,2024\n',
  'sql dump': "INSERT INTO k VALUES (1,'@','x');\n",
  'log line': '2024-01-01T00:00:00Z INFO key=@ status=200\n',
  'shell history': ': 1700000000:0;claude --key @\n',
};

const hex = (text: string): string[] => [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'));
const each = (text: string, write: (code: number) => string): string => [...Buffer.from(text)].map(write).join('');
const twoDigits = (code: number): string => code.toString(16).padStart(2, '0');
const pieces = (text: string, size: number): string[] => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

function dump(text: string, group: number, ascii: (line: string) => string): string {
  return pieces(text, 16)
    .map((line, at) => {
      const address = (at * 16).toString(16).padStart(8, '0');
      return `${address}${group === 2 ? ':' : ''} ${pieces(hex(line).join(''), group * 2)
        .join(' ')
        .padEnd(48)} ${ascii(line)}`;
    })
    .join('\n');
}

/** Ways to write a key so that it is not there as it is. */
const WRITINGS: Readonly<Record<string, (key: string) => string | Buffer>> = {
  'percent dashes': (key) => `?k=${key.replaceAll('-', '%2D')}&x`,
  'percent all': (key) => each(key, (code) => `%${twoDigits(code)}`),
  'percent twice': (key) => key.replaceAll('-', '%252D'),
  'unicode escapes': (key) => `"${each(key, (code) => `\\u00${twoDigits(code)}`)}"`,
  'unicode dashes': (key) => `"${key.replaceAll('-', '\\u002d')}"`,
  'hex escapes': (key) => each(key, (code) => `\\x${twoDigits(code)}`),
  'fish variables': (key) => `SETUVAR K:${key.replaceAll('-', '\\x2d')}\n`,
  'octal escapes': (key) => each(key, (code) => `\\${code.toString(8).padStart(3, '0')}`),
  entities: (key) => `<p>${key.replaceAll('-', '&#45;')}</p>`,
  'hex entities': (key) => each(key, (code) => `&#x${twoDigits(code)};`),
  'decimal entities': (key) => each(key, (code) => `&#${code};`),
  'quoted-printable': (key) => pieces(`the key is ${key}`, 70).join('=\r\n'),
  'quoted-printable dashes': (key) => key.replaceAll('-', '=2D'),
  'markdown escapes': (key) => key.replaceAll('-', '\\-').replaceAll('_', '\\_'),
  'utf-16': (key) => Buffer.from(`\ufeffkey = ${key}\r\n`, 'utf16le'),
  'utf-16 big': (key) => Buffer.from(`\ufeffkey = ${key}\r\n`, 'utf16le').swap16(),
  base64: (key) => base64(key),
  'base64, one before': (key) => base64(`:${key}`),
  'base64, two before': (key) => base64(`u:${key}\n`),
  'base64url header': (key) => `Basic ${Buffer.from(`user:${key}`).toString('base64url')}`,
  'base64 in lines of 64': (key) => pieces(base64(`ANTHROPIC_API_KEY=${key}\n`), 64).join('\n'),
  'base64 in lines of 76': (key) => pieces(base64(`{"name":"x","key":"${key}"}`), 76).join('\r\n  '),
  'base64 twice': (key) => base64(base64(key)),
  'base64 of utf-16': (key) => base64(Buffer.from(`$k="${key}"`, 'utf16le')),
  'base64 of gzip': (key) => base64(gzipSync(`{"k":"${key}"}`)),
  'base64 of base64 of gzip': (key) => base64(base64(gzipSync(`{"k":"${key}"}`))),
  'base64 of a percent': (key) => base64(`k=${key.replaceAll('-', '%2D')}`),
  hex: (key) => hex(key).join(''),
  'hex capitals': (key) => hex(key).join('').toUpperCase(),
  'hex pairs': (key) => hex(key).join(' '),
  'hex colons': (key) => hex(key).join(':'),
  'hex array': (key) => `{0x${hex(key).join(', 0x')}}`,
  'hex capitals array': (key) => `{0x${hex(key).join(',0x').toUpperCase().replaceAll('X', 'x')}}`,
  xxd: (key) => dump(`key = ${key}`, 2, (line) => ` ${line}`),
  hexdump: (key) => dump(`k=${key}`, 1, (line) => ` |${line}|`),
  'decimal array': (key) => `[${[...Buffer.from(key)].join(', ')}]`,
  'decimal bytes': (key) => `[${[...Buffer.from(key)].join(',')}]`,
  'plus over lines': (key) => `"${key.slice(0, 50)}" +\n    "${key.slice(50)}"`,
  'plus in the prefix': (key) => `"${key.slice(0, 3)}" + '${key.slice(3)}'`,
  'plus before the dash': (key) => `'${key.slice(0, 6)}' + '${key.slice(6, 30)}' + '${key.slice(30)}'`,
  'plus within the prefix': (key) => `"${key.slice(0, 10)}" + "${key.slice(10)}"`,
  'adjacent strings': (key) => `("${key.slice(0, 40)}"\n "${key.slice(40)}")`,
  'array join': (key) => `['${pieces(key, 20).join("', '")}'].join('')`,
  'continued line': (key) => `KEY=${key.slice(0, 60)}\\\n${key.slice(60)}\n`,
  'folded yaml': (key) => `key: >-\n  ${key.slice(0, 70)}\n  ${key.slice(70)}\nnext: 1\n`,
  'commented lines': (key) => `# ${key.slice(0, 60)}\n# ${key.slice(60)}\n`,
  'php dots': (key) => `$k = '${key.slice(0, 60)}' . '${key.slice(60)}';`,
  'php append': (key) => `$k = "${key.slice(0, 60)}";\n$k .= "${key.slice(60)}";`,
  'visual basic': (key) => `k = "${key.slice(0, 60)}" & "${key.slice(60)}"`,
  'spaces of no width': (key) => `${key.slice(0, 30)}\u200b${key.slice(30)}`,
  'soft hyphens': (key) => `${key.slice(0, 3)}\u00ad${key.slice(3)}`,
  'colour in the middle': (key) => `${key.slice(0, 7)}\u001b[1m${key.slice(7)}\u001b[0m`,
  'word breaks': (key) => pieces(key, 30).join('<wbr>'),
};

const BODY = (): string => makeKey('');
const NEGATIVES: Readonly<Record<string, () => string>> = {
  x: () => 'sk-ant-xxxxxxxxxxxx',
  dots: () => 'ANTHROPIC_API_KEY=sk-ant-api03-...',
  ellipsis: () => 'sk-ant-api03-…',
  stars: () => 'sk-ant-api03-********************',
  'redacted as the Console does': () => 'sk-ant-api03-R2D...igAA',
  'your key': () => 'sk-ant-api03-your-api-key-here',
  'your key, long': () => `sk-ant-api03-${'your-key-here-'.repeat(7)}`.slice(0, 106).concat('AA'),
  capitals: () => 'sk-ant-YOUR_KEY',
  'only the prefix': () => 'begins with sk-ant-api03- and ends with AA',
  'repeated letter': () => `sk-ant-api03-${'x'.repeat(93)}AA`,
  'repeated pair': () => `sk-ant-api03-${'ab'.repeat(47).slice(0, 93)}AA`,
  'repeated word': () => `sk-ant-api03-${'FakeKey12'.repeat(11).slice(0, 93)}AA`,
  zeros: () => `sk-ant-oat01-${'0'.repeat(93)}AA`,
  alphabet: () => `sk-ant-api03-${'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(3).slice(0, 93)}AA`,
  example: () => `sk-ant-api03-${'EXAMPLE-EXAMPLE-'.repeat(6).slice(0, 93)}AA`,
  'cut off': () => makeKey().slice(0, -1),
  'cut off in the middle': () => `${makeKey().slice(0, 60)}\nnext line of text\n`,
  'cut off before words': () => `${makeKey().slice(0, 80)}, and so on`,
  'too long': () => `sk-ant-api03-${BODY()}${BODY()}`.replace(/AA/g, 'Ab'),
  'cut off admin key': () => makeAdminKey().slice(0, 90),
  'other service': () => `sk-proj-${BODY()}`,
  'other prefix': () => `sk-anti-${BODY()}`,
  'no dash': () => `sk_ant_api03_${BODY()}`,
  'capital prefix': () => `SK-ANT-API03-${BODY()}`,
  'regular expression': () => '/sk-ant-api03-[A-Za-z0-9_-]{93}AA/',
  template: () => ['sk-ant-api03-$', '{KEY}'].join(''),
  angle: () => 'sk-ant-api03-<your key>',
  'percent format': () => 'f"sk-ant-api03-%s" % key',
  'base64 of a placeholder': () => base64('sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
  'css class': () => '.x-ant-api-btn { color: red } .ant-oat01-x{}',
  'short oauth': () => 'sk-ant-oat01-abc...',
  'sequence down': () => `sk-ant-api03-${'zyxwvutsrqponmlkjihgfedcba9876543210'.repeat(3).slice(0, 93)}AA`,
};

/** The whole corpus, with fresh credentials. */
export function corpus(): Case[] {
  const plain = Object.entries(CARRIERS).flatMap(([name, text], at): Case[] =>
    [0, 1, 2].map((turn) => {
      const make = CREDENTIALS[(at + turn) % CREDENTIALS.length] ?? makeKey;
      const value = make();
      return {
        name: `${name} ${value.slice(0, 12)}`,
        group: 'plain',
        value,
        content: Buffer.from(text.replace('@', () => value)),
      };
    }),
  );
  const tokens = ['sk-ant-cc-', 'sk-ant-si-'].map((prefix): Case => {
    const value = jwt(prefix);
    return { name: prefix, group: 'plain', value, content: Buffer.from(`token: "${value}"`) };
  });
  const encoded = Object.entries({ ...WRITINGS, ...MORE_WRITINGS }).map(([name, write]): Case => {
    const value = makeKey();
    return { name, group: 'encoded', value, content: Buffer.from(write(value)) };
  });
  const negative = Object.entries({ ...NEGATIVES, ...MORE_NEGATIVES }).map(([name, make]): Case => {
    return { name, group: 'negative', value: null, content: Buffer.from(make()) };
  });
  return [...plain, ...tokens, ...encoded, ...negative];
}
