/** Further ways to write a key so that it is not there as it is: what was missed once. */
export const MORE_WRITINGS: Readonly<Record<string, (key: string) => string | Buffer>> = {
  'plus behind each word': (key) => `"sk-" + "ant-" + "${key.slice(7)}"`,
  'plus in small pieces': (key) => `'${(key.match(/.{1,6}/g) ?? []).join("'+'")}'`,
  'comment behind the plus': (key) => `'${key.slice(0, 40)}' + // first\n  '${key.slice(40)}'`,
  'comment within the plus': (key) => `'${key.slice(0, 40)}' + /* rest */ '${key.slice(40)}'`,
  'comment between strings': (key) => `("${key.slice(0, 40)}"  # first\n "${key.slice(40)}")`,
  'concat of a string': (key) => `"${key.slice(0, 40)}".concat("${key.slice(40)}")`,
  'string builder': (key) => `b.append("${key.slice(0, 40)}").append("${key.slice(40)}")`,
  'two plus signs': (key) => `"${key.slice(0, 40)}" ++ "${key.slice(40)}"`,
  'visual basic over lines': (key) => `k = "${key.slice(0, 40)}" & _\r\n  "${key.slice(40)}"`,
  'powershell over lines': (key) => `$k = '${key.slice(0, 40)}' + \`\r\n  '${key.slice(40)}'`,
  'batch over lines': (key) => `set K=${key.slice(0, 40)}^\r\n${key.slice(40)}\r\n`,
  'added in a patch': (key) => `+k = "${key.slice(0, 40)}" +\n+    "${key.slice(40)}"\n`,
  'added in a shell': (key) => `K=${key.slice(0, 40)}\nK+=${key.slice(40)}\n`,
  'half in quotes': (key) => `K=${key.slice(0, 40)}"${key.slice(40)}"\n`,
  'strings of a notebook': (key) =>
    JSON.stringify([`k = ("${key.slice(0, 40)}"\n`, `     "${key.slice(40)}")\n`], null, 1),
  'colours of grep': (key) => `f:\u001b[01;31m\u001b[Ksk-ant\u001b[m\u001b[K${key.slice(6)}`,
  'tags of a page': (key) => `<i>${key.slice(0, 40)}</i><i class="x">${key.slice(40)}</i>`,
  'unicode escapes of eight': (key) => [...key].map((sign) => `\\U000000${sign.charCodeAt(0).toString(16)}`).join(''),
  'unicode dashes in json in json': (key) => key.replaceAll('-', '\\\\u002d'),
  'capital hex entities': (key) =>
    [...key].map((sign) => `&#X${sign.charCodeAt(0).toString(16).toUpperCase()};`).join(''),
  'entities twice': (key) => key.replaceAll('-', '&amp;#45;'),
  'dashes of a word processor': (key) => key.replaceAll('-', '\u2011'),
};

/** Words that someone has typed in the place of a key. */
export const MORE_NEGATIVES: Readonly<Record<string, () => string>> = {
  'a sentence': () =>
    `sk-ant-api03-${'thisisnotakeyatallitisonlyhereforthecheckofthisprogramandmustneverbeusedforanythingelsereally'.slice(0, 93)}AA`,
  'a sentence with dashes': () =>
    `sk-ant-api03-${'this-one-is-only-for-the-checks-of-our-program-and-nobody-should-take-it-anywhere-else-at-all-ok'.slice(0, 93)}AA`,
  'a token in words': () => 'sk-ant-oat01-this-one-is-only-for-the-checks-of-our-program-and-nothing-else',
  'a test key': () =>
    `sk-ant-api03-Test_Key_${'a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ-q8w7e6r5t4y3u2i1o0pAsDfGhJkLzXcVbNm9'.slice(0, 84)}AA`,
};
