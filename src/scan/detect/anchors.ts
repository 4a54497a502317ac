/** Which reader looks at a place where an anchor stands. */
export type Reader = 'text' | 'utf16' | 'hex' | 'decimal' | 'base64' | 'packed';

/** A string of bytes that every credential written in some way contains. */
export interface Anchor {
  /** One character a byte. */
  readonly bytes: string;
  readonly reader: Reader;
  /** For base64: how many characters of its group of four stand before the anchor. */
  readonly phase: number;
}

const PREFIX = 'sk-ant-';
/** As far as a string that is cut before its second dash has it. */
const STEM = 'sk-ant';
/** Beside the prefix: a string that is cut in pieces may be cut within it. */
const MARKS = [
  'ant-api',
  'ant-admin',
  'ant-oat',
  'ant-ort',
  'ant-sid',
  'api03-',
  'admin01-',
  'oat01-',
  'ort01-',
  'api03"',
  "api03'",
];
/** The prefix with its dashes, or all of it, in an escape: percent, JavaScript, C, HTML, quoted-printable, Markdown. */
const ESCAPED = [
  ...[
    'ant%2D',
    'ant%2d',
    'ant%252',
    'ant\\u00',
    'ant\\x2',
    'ant\\u{',
    'ant\\05',
    'ant\\-a',
    'ant\\-o',
    'ant\\-s',
    'ant\\\\u',
    'ant\\\\x',
  ],
  ...['ant&#4', 'ant&#x', 'ant&#X', 'ant&hy', 'ant&da', 'ant=2D', 'ant=2d'],
  ...[
    '%73%6B',
    '%73%6b',
    '%2573%',
    '\\u0073',
    '\\u{73}',
    '\\x73\\x',
    '\\163\\1',
    '&#115;',
    '&#x73;',
    '&#X73;',
    '0073\\U',
    '&amp;#45;',
    '&amp;#x2',
    '&#0115',
    '&#x007',
  ],
  ...['=73=6B', '=73=6b', 'U+0073'],
  // A soft hyphen or a space of no width behind the first dash.
  ...['sk-\u00c2\u00adant', 'sk-\u00e2\u0080\u008bant'],
  // The dashes that programs for writing make of a hyphen.
  ...['ant\u00e2\u0080\u0090', 'ant\u00e2\u0080\u0091', 'ant\u00e2\u0080\u0093'],
];
const SEPARATORS = ['', ' ', ':', ', 0x', ',0x', '\\x'];

/** Every anchor there is; each has six bytes at least, by which they are searched for. */
export function makeAnchors(): Anchor[] {
  return [
    ...[STEM, ...MARKS, ...ESCAPED].map((bytes) => plain(bytes, 'text')),
    plain([...PREFIX].join('\0'), 'utf16'),
    ...hexAnchors(),
    ...['107,45,97', '107, 45, 97'].map((bytes) => plain(bytes, 'decimal')),
    ...[PREFIX, '-api03-', [...PREFIX].join('\0')].flatMap((text) => base64Anchors(text, 'base64')),
    // Twice in base64, as a secret of Kubernetes may be.
    ...base64Anchors(PREFIX, 'base64').flatMap(({ bytes }) => base64Anchors(bytes, 'base64')),
    // A gzip stream in base64, once or twice.
    ...[...'ABCDEFGHIJKLMNOP'].map((last) => plain(`H4sIA${last}`, 'packed')),
    ...base64Anchors('H4sIA', 'packed').slice(0, 1),
  ];
}

function plain(bytes: string, reader: Reader): Anchor {
  return { bytes, reader, phase: 0 };
}

/** Dumps break their lines anywhere, so that the words behind the prefix are anchors too. */
function hexAnchors(): Anchor[] {
  const words = ['k-an', 'api0'].map((word) => [...Buffer.from(word)].map((byte) => byte.toString(16)));
  const bytes = words.flatMap((pairs) => [
    ...SEPARATORS.map((separator) => pairs.join(separator)),
    `${pairs[0]}${pairs[1]} ${pairs[2]}${pairs[3]}`,
    `${pairs[0]} ${pairs[1]}${pairs[2]} ${pairs[3]}`,
  ]);
  return [...new Set(bytes.flatMap((text) => [text, text.toUpperCase().replaceAll('X', 'x')]))].map((text) =>
    plain(text, 'hex'),
  );
}

/** What `text` becomes within base64, for each of the three places in a group of bytes at which it may begin. */
function base64Anchors(text: string, reader: Reader): Anchor[] {
  return [0, 1, 2].map((before) => {
    const code = Buffer.from('\0'.repeat(before) + text, 'latin1').toString('base64url');
    // The characters that hold bits of the neighbours are left out.
    const first = [0, 2, 3][before] ?? 0;
    const last = Math.floor(((before + text.length) * 8) / 6);
    return { bytes: code.slice(first, last), reader, phase: first };
  });
}
