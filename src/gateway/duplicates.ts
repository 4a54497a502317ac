/**
 * JSON lets a name stand twice in an object, and readers differ in which one they take. What is checked here and sent
 * on there must be one thing, so such a body is refused.
 */

/** The names that are looked at: the only ones for which it matters who reads them. */
const LOOKED_AT = [
  '"model"',
  '"max_tokens"',
  '"fallbacks"',
  '"tools"',
  '"requests"',
  '"params"',
  '"speed"',
  '"inference_geo"',
];

/**
 * Whether a name stands twice in any object of a text that is JSON.
 *
 * Most texts are told fast: none of the names that matter is in them twice, and no letter of ASCII is written as an
 * escape, in which a name could hide.
 * @param searched the same text, or its bytes
 */
export function hasDuplicateNames(json: string, searched: Searchable): boolean {
  const once = LOOKED_AT.every((name) => isOnce(searched, name));
  return !(once && !searched.includes('\\u00')) && scan(json);
}

/** A text, or its bytes. */
export interface Searchable {
  includes(word: string): boolean;
  indexOf(word: string, from?: number): number;
}

/** Not more than once; `lastIndexOf` takes many times as long. */
function isOnce(searched: Searchable, name: string): boolean {
  const first = searched.indexOf(name);
  return first < 0 || searched.indexOf(name, first + name.length) < 0;
}

/** Goes through the whole text once. It is known to be JSON, so that only strings and brackets need to be told. */
function scan(json: string): boolean {
  // For each open object the names so far; null for a list.
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case 0x7b: // {
        open.push(new Set());
        isName = true;
        break;
      case 0x5b: // [
        open.push(null);
        isName = false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        break;
      case 0x2c: // ,
        isName = open.at(-1) instanceof Set;
        break;
      case 0x22: {
        const end = endOfString(json, at);
        if (isName) {
          const names = open.at(-1);
          const name: string = JSON.parse(json.slice(at, end + 1));
          if (names?.has(name)) return true;
          names?.add(name);
          isName = false;
        }
        at = end;
        break;
      }
    }
  }
  return false;
}

/** The place of the quote that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return json.length;
}
