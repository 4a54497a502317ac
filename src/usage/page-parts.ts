/** A value of a chart: its label below, and its words. */
export interface PageBar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const WIDTH = 960;
const HEIGHT = 220;
const LEFT = 70;
const BOTTOM = 24;
const MOST_LABELS = 12;

/** Upright bars as SVG; each says its day and its value when it is pointed at, and to a screen reader. */
export function columns(bars: readonly PageBar[], write: (value: number) => string): string {
  const most = niceCeiling(Math.max(0, ...bars.map(({ value }) => value)));
  const step = (WIDTH - LEFT) / Math.max(1, bars.length);
  const y = (value: number) => HEIGHT - (most > 0 ? (value / most) * (HEIGHT - 10) : 0);
  const grid = [0, most / 2, most].map(
    (value) =>
      `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escaped(write(value))}</text>`,
  );
  const every = Math.ceil(bars.length / MOST_LABELS);
  const marks = bars.map(({ label, value, text }, at) => {
    const x = LEFT + at * step;
    const name =
      at % every === 0
        ? `<text x="${(x + step / 2).toFixed(1)}" y="${HEIGHT + 18}" text-anchor="middle">${escaped(label.slice(5))}</text>`
        : '';
    return `<g><rect class="bar" x="${(x + step * 0.12).toFixed(1)}" y="${y(value).toFixed(1)}" width="${(step * 0.76).toFixed(1)}" height="${(HEIGHT - y(value)).toFixed(1)}"><title>${escaped(`${label}: ${text}`)}</title></rect>${name}</g>`;
  });
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT + BOTTOM}" role="img" aria-label="Cost by day">${grid.join('')}${marks.join('')}</svg>`;
}

/** The next round number, so that the axis has such, and the highest bar fills most of it. */
function niceCeiling(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

export const css = `
:root{color-scheme:light dark;--fg:#1d1d1b;--dim:#6b6a65;--bg:#faf9f5;--card:#fff;--line:#e4e2da;--bar:#c96442;--warn:#b7791f;--bad:#c53030}
@media(prefers-color-scheme:dark){:root{--fg:#ecebe6;--dim:#a3a199;--bg:#1f1e1b;--card:#2a2926;--line:#3a3934;--bar:#d97757;--warn:#d69e2e;--bad:#fc8181}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem;max-width:62rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.6rem}h2{margin:2rem 0 .75rem;font-size:1.1rem}header p,footer,small{margin:0;color:var(--dim)}
.cards{display:flex;flex-wrap:wrap;gap:1rem;margin-top:1.25rem}
.card{flex:1 1 12rem;padding:1rem 1.25rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
.card b,.card span,.card small{display:block}.card b{font-size:1.7rem}
.chart{display:block;width:100%;height:auto}.chart line{stroke:var(--line)}.chart text{fill:var(--dim);font-size:12px}
.bar{fill:var(--bar)}.bar.will_pass{fill:var(--warn)}.bar.passed{fill:var(--bad)}.track{fill:var(--line)}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .5rem;border-bottom:1px solid var(--line);text-align:left;font-weight:400}
thead th{color:var(--dim);font-size:.85rem}tbody th{font-weight:600;overflow-wrap:anywhere}.n{text-align:right;white-space:nowrap}
.meter{width:100%;min-width:6rem;height:8px}
.budgets{padding:0;list-style:none}.budgets li{margin:.75rem 0}.budgets b,.budgets span{display:block}.budgets span{color:var(--dim)}
.budgets .passed span{color:var(--bad)}footer{margin-top:2.5rem;font-size:.85rem}
@media(max-width:640px){table{display:block;overflow-x:auto}}
`;
