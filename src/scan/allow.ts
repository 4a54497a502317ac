/** The comments by which a line says that its secret may stand there: ours and those that people have already. */
const SAME_LINE =
  /claude-keys:allow|gitleaks:allow|betterleaks:allow|trufflehog:ignore|kingfisher:(?:ignore|allow)|secretlint-disable-line|pragma:\s?(?:allow|white)list secret/i;
const NEXT_LINE = /secretlint-disable-next-line|pragma:\s?(?:allow|white)list nextline secret/i;
const MOST = 1_024;

/** Whether the lines in which `bytes[start, end)` stands, or the line before them, allow it. */
export function isAllowed(bytes: Buffer, start: number, end: number, to: number): boolean {
  const before = bytes.toString('latin1', Math.max(0, start - MOST), start).replaceAll('\0', '');
  const behind = bytes.toString('latin1', end, Math.min(to, end + MOST)).replaceAll('\0', '');
  const lines = before.split('\n');
  const own = `${lines.at(-1)} ${behind.split('\n', 1)[0]}`;
  return SAME_LINE.test(own) || NEXT_LINE.test(lines.at(-2) ?? '');
}
