import type { Nanos } from '../anthropic/prices.ts';
import { columns, css, escaped } from './page-parts.ts';
import type { UsageReport } from './report.ts';
import { type Group, totalTokens } from './summary.ts';
import {
  budgetName,
  budgetWords,
  changed,
  counted,
  daysIn,
  dollars,
  groupName,
  rangeText,
  short,
  sourceText,
} from './words.ts';

/** The report as one page that needs nothing else: no script, no file, no address. */
export function usagePage(report: UsageReport, now: Date): string {
  const { total, month, by, refreshedAt, sources } = report;
  const days = daysIn(report);
  const against = changed(total);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Claude API usage, ${escaped(rangeText(report))}</title>
<style>${css}</style>
</head>
<body>
<header><h1>Claude API usage</h1><p>${escaped(rangeText(report))}</p></header>
<section class="cards">
${card(dollars(total.nanos), days === 1 ? 'that day' : `in ${days} days`, against === '' ? '' : `${against} against the ${days === 1 ? 'day' : `${days} days`} before`)}
${card(dollars(month.expected), `expected for ${month.period}`, `${dollars(month.spent)} so far`)}
${card(counted(total.requests), 'requests', `${short(totalTokens(total))} tokens`)}
</section>
${section(
  'By day',
  columns(
    report.days.map(({ name, nanos }) => ({ label: name ?? '', value: nanos, text: dollars(nanos) })),
    dollars,
  ),
)}
${section(`By ${by}`, table(report))}
${budgets(report)}
${findings(report)}
<footer>Made by claude-keys at ${escaped(now.toISOString())}; ${escaped(sourceText(refreshedAt, sources))}.</footer>
</body>
</html>
`;
}

function card(value: string, title: string, more: string): string {
  return `<div class="card"><b>${escaped(value)}</b><span>${escaped(title)}</span><small>${escaped(more)}</small></div>`;
}

function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>\n${body}\n</section>`;
}

function table({ groups, by }: UsageReport): string {
  if (groups.length === 0) return '<p>Nothing was used.</p>';
  const most = Math.max(...groups.map(({ nanos }) => nanos));
  const head = ['requests', 'input', 'output', 'cache read', 'cache written', 'cost', 'change'];
  const rows = groups.map((group) => row(group, by, most)).join('\n');
  return `<table><thead><tr><th>${by}</th>${head.map((word) => `<th class="n">${word}</th>`).join('')}<th></th></tr></thead>
<tbody>
${rows}
</tbody></table>`;
}

function row(group: Group, by: UsageReport['by'], most: Nanos): string {
  const { requests, input, output, cacheRead, cacheWrite, nanos } = group;
  const numbers = [
    counted(requests),
    ...[input, output, cacheRead, cacheWrite].map(short),
    dollars(nanos),
    changed(group),
  ];
  const cells = numbers.map((text) => `<td class="n">${escaped(text)}</td>`).join('');
  return `<tr><th scope="row">${escaped(groupName(group, by))}</th>${cells}<td>${meter(nanos, most)}</td></tr>`;
}

/** A bar that lies; its words are in the table beside it. */
function meter(value: number, most: number, tone = ''): string {
  const width = most > 0 ? Math.max(value > 0 ? 1 : 0, Math.min(100, (value / most) * 100)) : 0;
  return `<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" class="track"/><rect width="${width.toFixed(2)}" height="6" class="bar ${tone}"/></svg>`;
}

function budgets({ budgets: all }: UsageReport): string {
  if (all.length === 0) return '';
  const items = all.map((budget) => {
    const { name, budget: limit, spent, state } = budget;
    return `<li class="${state}"><b>${escaped(budgetName(name))}</b>${meter(spent, limit.nanos, state)}<span>${escaped(budgetWords(budget))}</span></li>`;
  });
  return section('Budgets', `<ul class="budgets">\n${items.join('\n')}\n</ul>`);
}

function findings({ spikes, unused }: UsageReport): string {
  const items = [
    ...spikes.map(
      ({ key, day, nanos, usual }) =>
        `${key} cost ${dollars(nanos)} on ${day}, and ${dollars(usual)} on a day of its own`,
    ),
    ...(unused ?? []).map((name) => `${name} was not used for 30 days`),
  ];
  return items.length === 0
    ? ''
    : section('To look at', `<ul>${items.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`);
}
