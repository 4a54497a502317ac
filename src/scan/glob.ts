/**
 * Whether a path with `/` fits a pattern: `*` and `?` within a name, `**` for any number of folders; a pattern that ends
 * with `/`, and one that names a folder, stand for everything below it. In time that grows with pattern times path: the
 * pattern may be anyone's.
 */
export function fits(pattern: string, path: string): boolean {
  const parts = pattern
    .replace(/^\.?\//, '')
    .split('/')
    .filter((part) => part !== '');
  const names = path.split('/');
  // Row by row: which beginnings of the path the pattern's beginning fits.
  let row = names.map(() => false);
  let atBegin = true;
  for (const part of parts) {
    const next = names.map(() => false);
    let before = atBegin;
    for (const [at, name] of names.entries()) {
      const skips = part === '**' && (before || (at > 0 && next[at - 1] === true) || row[at] === true);
      next[at] = part === '**' ? skips : before && fitsName(part, name);
      before = row[at] === true;
    }
    atBegin = atBegin && part === '**';
    row = next;
  }
  return parts.length > 0 && row.some((fit) => fit);
}

/** The usual way with two marks: where the last `*` was met, and how much it has taken so far. */
function fitsName(part: string, name: string): boolean {
  let [at, inPart, star, taken] = [0, 0, -1, 0];
  while (at < name.length) {
    if (part[inPart] === '*') [star, taken, inPart] = [inPart, at, inPart + 1];
    else if (part[inPart] === '?' || part[inPart] === name[at]) [at, inPart] = [at + 1, inPart + 1];
    else if (star >= 0) [taken, at, inPart] = [taken + 1, taken + 1, star + 1];
    else return false;
  }
  return /^\**$/.test(part.slice(inPart));
}
