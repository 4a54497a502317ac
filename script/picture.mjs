// npm run picture: docs/demo.svg, a real run of the demo as it looks in a terminal.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { story } from './story.mjs';

const COLUMNS = 94;
const CHARACTER = 8.4;
const LINE = 20;
const MARGIN = 20;
const BAR = 36;

/** On a window of its own, dark on any page. */
const COLORS = {
  window: '#1b1d23',
  edge: '#3a3d46',
  text: '#e4e6eb',
  faint: '#9aa1ad',
  prompt: '#7fb4ff',
  31: '#ff8080',
  32: '#7ddc88',
  33: '#f2c66d',
  36: '#6fd3e0',
};

const lines = [];
for await (const { comment, more, line, output } of story(true)) {
  if (more) continue;
  if (lines.length > 0) lines.push([]);
  if (comment !== undefined) lines.push([{ text: `# ${comment}`, color: COLORS.faint }]);
  lines.push([
    { text: '$ ', color: COLORS.prompt },
    { text: line, bold: true },
  ]);
  for (const each of output.trimEnd().split('\n')) lines.push(...wrapped(styled(each)));
}

const folder = fileURLToPath(new URL('../docs', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/demo.svg`, svg(lines));

/** The stretches of a line between its colour codes. */
function styled(line) {
  const stretches = [];
  let style = {};
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code begins with.
  for (const [, codes, text] of line.matchAll(/(?:\u001b\[([\d;]*)m)|([^\u001b]+)/g)) {
    if (text !== undefined) stretches.push({ text, ...style });
    else for (const code of codes.split(';')) style = after(style, Number(code));
  }
  return stretches;
}

function after(style, code) {
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, color: COLORS.faint };
  if (code === 22) return { ...style, bold: false, color: style.color === COLORS.faint ? undefined : style.color };
  return { ...style, color: COLORS[code] };
}

/** A line that is too long goes on in the next, as in a terminal. */
function wrapped(stretches) {
  const result = [[]];
  let column = 0;
  for (const { text, ...style } of stretches) {
    for (let rest = text; rest !== ''; ) {
      if (column === COLUMNS) {
        result.push([]);
        column = 0;
      }
      const part = rest.slice(0, COLUMNS - column);
      result.at(-1).push({ text: part, ...style });
      column += part.length;
      rest = rest.slice(part.length);
    }
  }
  return result;
}

function svg(content) {
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = BAR + content.length * LINE + MARGIN;
  const texts = content.flatMap((stretches, row) => drawn(stretches, BAR + row * LINE + 15));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="claude-keys in a terminal: add, status, verify, exec and rotate">
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9" fill="${COLORS.window}" stroke="${COLORS.edge}"/>
<g fill="${COLORS.edge}"><circle cx="20" cy="18" r="5.5"/><circle cx="38" cy="18" r="5.5"/><circle cx="56" cy="18" r="5.5"/></g>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace" font-size="14" fill="${COLORS.text}" xml:space="preserve">
${texts.join('\n')}
</g>
</svg>
`;
}

/** Each stretch in its own place and as long as its characters, so that columns meet in every font. */
function drawn(stretches, y) {
  let column = 0;
  return stretches.flatMap(({ text, color, bold }) => {
    const from = column + (text.length - text.trimStart().length);
    const shown = text.trim();
    column += text.length;
    if (shown === '') return [];
    const x = (MARGIN + from * CHARACTER).toFixed(1);
    const length = (shown.length * CHARACTER).toFixed(1);
    const style = `${color ? ` fill="${color}"` : ''}${bold ? ' font-weight="700"' : ''}`;
    return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${style}>${escaped(shown)}</text>`;
  });
}

function escaped(text) {
  return text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);
}
