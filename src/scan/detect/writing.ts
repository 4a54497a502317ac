/**
 * The ways to write a character otherwise, and to interrupt a string, as regular expressions over bytes (latin1). Every
 * repetition has a bound: the text may be anyone's.
 */

/** Between two pieces of a string: space, comments, lines that go on, the marks that a patch or a notebook puts there. */
const BETWEEN = [
  String.raw`[\s\\]|\n[+-]|[_^\x60]\r?\n|\\[nrt](?:",\s{0,40}")?`,
  String.raw`//[^\n]{0,120}\n|#[^\n]{0,120}\n|--[ \t][^\n]{0,120}\n|/\*[^*]{0,120}\*/`,
].join('|');
const SPACE = `(?:${BETWEEN}){0,80}`;
const OPERATOR = [
  String.raw`\+{1,2}|\.{1,2}|,|&|\|\||~|<>|\)?\s{0,8}\.\w{1,12}\(`,
  String.raw`;?\s{0,8}[\w.$]{1,40}\s{0,8}[+.]=`,
].join('|');

/** What stands for nothing between two characters of a string that was cut in pieces. */
export const JOINT = [
  // "…" + "…", and the operators of other languages; also nothing but space between the two, `key += "…"`, and one quote
  // alone, as a shell lets strings touch.
  String.raw`\\?["'\x60](?:${SPACE}(?:(?:${OPERATOR})${SPACE})?[rbuf]?\\?["'\x60])?`,
  // The end of a line: continued, soft, or bare, with what quotes or comments out the next line, or adds it in a shell.
  String.raw`[\\=^]?\r?\n[ \t]{0,80}(?:(?:[>#*|+]|\/\/|--(?=[ \t]))[ \t]{0,8}){0,3}(?:\w{1,40}\+=["']?)?`,
  String.raw`\\r\\n|\\n`,
  // Nothing that is seen: spaces of no width, soft hyphens, colours, what marks up a text.
  String.raw`\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xc2\xad|\xef\xbb\xbf|</?[a-z][^<>\n]{0,120}>|&shy;|&#8203;|&ZeroWidthSpace;|\x1b\[[\d;]{0,16}[mK]`,
].join('|');

interface Escape {
  readonly name: string;
  /** With one group: digits of `base`, or the character itself. */
  readonly pattern: string;
  readonly base?: 8 | 10 | 16;
}

const HEX = '([0-9a-fA-F]{2})';
const ESCAPES: readonly Escape[] = [
  { name: 'percent', pattern: `%(?:25){0,3}${HEX}`, base: 16 },
  { name: 'unicode-escape', pattern: String.raw`(?:\\{1,4}[uU]|U\+)\{?(?:00){0,3}${HEX}\}?`, base: 16 },
  { name: 'hex-escape', pattern: String.raw`\\{1,4}x${HEX}`, base: 16 },
  { name: 'octal-escape', pattern: String.raw`\\{1,4}(0?[01]?[0-7]{2})`, base: 8 },
  { name: 'html-entity', pattern: '&(?:amp;)?#[xX]0{0,4}([0-9a-fA-F]{2});?', base: 16 },
  { name: 'html-entity', pattern: '&(?:amp;)?#0{0,4}([0-9]{2,3});?', base: 10 },
  { name: 'html-entity', pattern: '&(hyphen|dash|lowbar);' },
  { name: 'quoted-printable', pattern: '=([2-7][0-9A-Fa-f])', base: 16 },
  { name: 'typographic', pattern: String.raw`\xe2\x80([\x90-\x95])` },
  { name: 'backslash', pattern: String.raw`\\{1,2}([-_])` },
];
const NAMED: Readonly<Record<string, string>> = { hyphen: '-', dash: '-', lowbar: '_' };
/** The last byte of the dashes that programs for writing put in the place of the hyphen. */
const DASH = /[\x90-\x95]/;

/** One character, or one joint, at a place. */
const CHARACTER = new RegExp(`([\\w.-])|${ESCAPES.map(({ pattern }) => pattern).join('|')}`, 'y');
const GAP = new RegExp(JOINT, 'y');
const LITERAL = 1;

export interface Written {
  readonly character: string;
  readonly end: number;
  /** The name of the way it is written; null for the character itself. */
  readonly escape: string | null;
}

/** The character of a credential that is written at `at`; null when there is none. */
export function characterAt(text: string, at: number): Written | null {
  CHARACTER.lastIndex = at;
  const match = CHARACTER.exec(text);
  if (match === null) return null;
  const end = CHARACTER.lastIndex;
  if (match[LITERAL] !== undefined) return { character: match[LITERAL], end, escape: null };
  const which = match.findIndex((group, index) => index > LITERAL && group !== undefined);
  const { name, base } = ESCAPES[which - LITERAL - 1] as Escape;
  const group = match[which] as string;
  const character =
    base === undefined ? (NAMED[group] ?? group.replace(DASH, '-')) : String.fromCharCode(Number.parseInt(group, base));
  return /^[\w.-]$/.test(character) ? { character, end, escape: name } : null;
}

/** The end of the joint at `at`; null when there is none. */
export function jointAt(text: string, at: number): number | null {
  GAP.lastIndex = at;
  return GAP.test(text) ? GAP.lastIndex : null;
}

/** A string in every way of writing it. */
export function anyWriting(text: string): RegExp {
  return new RegExp([...text].map(anyCharacter).join(`(?:${JOINT}){0,3}`), 'g');
}

function anyCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code
    .toString(16)
    .padStart(2, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const octal = code.toString(8).padStart(3, '0');
  const escapes = [
    ...[`%(?:25){0,3}${hex}`, String.raw`(?:\\{1,4}[uU]|U\+)\{?(?:00){0,3}${hex}\}?`, String.raw`\\{1,4}x${hex}`],
    ...[String.raw`\\{1,4}0?${octal}`, `&(?:amp;)?#[xX]0{0,4}${hex};?`, `&(?:amp;)?#0{0,4}${code};?`, `=${hex}`],
    ...(character === '-' ? ['&(?:hyphen|dash);', String.raw`\\{1,2}-|\xe2\x80[\x90-\x95]`] : []),
  ];
  return `(?:${character}|${escapes.join('|')})`;
}
