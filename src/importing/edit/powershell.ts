import { lineAround, quoteAround, type Remover, removeFromComment } from './edit.ts';

const SETS = [
  /(?:^|[;{}])[ \t]*(\$\{?env:([A-Za-z_][A-Za-z0-9_]*)\}?[ \t]*=[ \t]*["']?)$/i,
  /(?:^|[;{}])[ \t]*(\[(?:System\.)?Environment\]::SetEnvironmentVariable\([ \t]*["']([A-Za-z_][A-Za-z0-9_]*)["'][ \t]*,[ \t]*["'])$/i,
];
const CLOSES = /^(?:[ \t]*(?:,[ \t]*[^()\n;]{1,60})?\))?/;

/** Takes a key out of a profile of PowerShell. */
export const removeFromPowershell: Remover = (text, target, note) => {
  const line = lineAround(text, target.start);
  const state = stateAt(text, target.start);
  if (state.kind === 'comment') return removeFromComment(text, { ...line, start: state.start }, target, note);
  if (state.kind === 'block') return 'it stands in a string or comment of several lines';
  const before = text.slice(line.start, target.start);
  const set = SETS.map((pattern) => pattern.exec(before)).find((found) => found !== null) ?? null;
  const quote = quoteAround(before, text.slice(target.end, line.end));
  if (set === null || quote === null) return 'it is part of something longer';
  const start = target.start - (set[1] ?? '').length;
  if (stateAt(text, start).kind !== 'code') return 'it is part of something longer';
  const behind = text.slice(target.end + quote.length, line.end);
  const end = target.end + quote.length + ((set[1] ?? '').includes('(') ? (CLOSES.exec(behind)?.[0].length ?? 0) : 0);
  const rest = /^[ \t]*(;?)[ \t]*(.?)/s.exec(text.slice(end, line.end));
  const [, semicolon = '', next = ''] = rest ?? [];
  if (semicolon === '' && next !== '' && !/[#}]/.test(next)) return 'it is part of something longer';
  const head = text.slice(line.start, start);
  const ownsBefore = /^[ \t]*$/.test(head);
  const untilSemicolon = semicolon === '' ? end : text.indexOf(';', end) + 1;
  if (ownsBefore && (next === '' || next === '#'))
    return { start, end: untilSemicolon, text: `# ${note(set[2] ?? '')}` };
  const semicolonBefore = /;[ \t]*$/.exec(head);
  if (semicolonBefore !== null) return { start: line.start + semicolonBefore.index, end, text: '' };
  const gap = /^[ \t]*/.exec(text.slice(untilSemicolon, line.end))?.[0].length ?? 0;
  return { start, end: semicolon === '' ? end : untilSemicolon + gap, text: '' };
};

interface State {
  readonly kind: 'code' | 'string' | 'comment' | 'block';
  /** Where it began. */
  readonly start: number;
}

/** Each alternative is something in which code characters mean nothing; a comment goes to the end of its line. */
const OPAQUE =
  /<#[\s\S]*?(?:#>|$(?![\s\S]))|@'[ \t]*\r?\n[\s\S]*?(?:\n'@|$(?![\s\S]))|@"[ \t]*\r?\n[\s\S]*?(?:\n"@|$(?![\s\S]))|(?<![^\s;(){}])#[^\n]*|'[^']*(?:'|$(?![\s\S]))|"(?:`[\s\S]|[^"`])*(?:"|$(?![\s\S]))|`[\s\S]/g;

/** In what the offset lies. */
function stateAt(text: string, offset: number): State {
  for (const { 0: part, index } of text.matchAll(OPAQUE)) {
    if (index >= offset) break;
    if (index + part.length <= offset) continue;
    if (part.startsWith('#')) return { kind: 'comment', start: index };
    if (part.includes('\n') || part.startsWith('<#')) return { kind: 'block', start: index };
    return { kind: 'string', start: index };
  }
  return { kind: 'code', start: 0 };
}
