// Figures as a table, plots as pictures, texts as downloads.

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
];

export function spelledTime(ms) {
  const [size, unit] = units.find(([least]) => ms >= least) ?? [];
  return unit ? `${Number((ms / size).toPrecision(3))} ${unit}` : '0';
}

const percent = (share) => `${(share * 100).toFixed(1)} %`;
const count = (number) => number.toLocaleString('en');

const rows = [
  ['utilisation', (p) => percent(p.utilisation)],
  ['completed', (p) => count(p.completed)],
  ['expired', (p) => count(p.expired)],
  ['rejected', (p) => count(p.rejected)],
  ['wait, mean', (p) => spelledTime(p.wait_ms.mean)],
  ['wait, p50', (p) => spelledTime(p.wait_ms.p50)],
  ['wait, p95', (p) => spelledTime(p.wait_ms.p95)],
  ['wait, p99', (p) => spelledTime(p.wait_ms.p99)],
  ['wait, longest', (p) => spelledTime(p.wait_ms.max)],
  ['largest tenth, mean', (p) => spelledTime(p.largest_tenth.wait_ms.mean)],
  ['largest tenth, p95', (p) => spelledTime(p.largest_tenth.wait_ms.p95)],
  ['largest tenth, longest', (p) => spelledTime(p.largest_tenth.wait_ms.max)],
  ['bounded slowdown, mean', (p) => p.bounded_slowdown.mean.toFixed(2)],
  ['start foretold: off by, p50', (p) => (p.eta.told > 0 ? spelledTime(p.eta.error_ms.p50) : '–')],
  ['start foretold: off by, p95', (p) => (p.eta.told > 0 ? spelledTime(p.eta.error_ms.p95) : '–')],
];

/** Of policies under which tenants take turns: the time in which the whole pool does what they are apart. */
const fairRows = [
  ['lag between tenants, most', ({ fairness_lag: lag }) => (lag ? spelledTime(lag.most_ms) : '–')],
  ['lag between tenants, bound', ({ fairness_lag: lag }) => (lag ? boundOf(lag) : '–')],
];

const boundOf = ({ bound_ms: bound }) => (bound === null ? 'none' : spelledTime(bound));

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A column for each policy; its button calls `onConfig(policy)`. */
export function showFigures(table, policies, onConfig) {
  const head = element('tr');
  head.append(element('td'), ...policies.map(({ policy }) => element('th', policy.replace(/([:,=_])/g, '$1\u200b'), { scope: 'col' })));
  const told = policies.some((policy) => policy.fairness_lag) ? [...rows, ...fairRows] : rows;
  const body = told.map(([name, text]) => {
    const row = element('tr');
    row.append(element('th', name, { scope: 'row' }), ...policies.map((policy) => element('td', text(policy))));
    return row;
  });
  const downloads = element('tr');
  downloads.append(element('th', 'config', { scope: 'row' }));
  for (const policy of policies) {
    const cell = element('td');
    const button = element('button', 'download', { type: 'button', onclick: () => onConfig(policy) });
    button.setAttribute('aria-label', `download the config of ${policy.policy}`);
    cell.append(button);
    downloads.append(cell);
  }
  table.replaceChildren(head, ...body, downloads);
}

/** As images: they keep their own styles under a content security policy that allows the page none. */
export function showPlots(place, pictures) {
  for (const old of place.querySelectorAll('img')) URL.revokeObjectURL(old.src);
  place.replaceChildren(
    ...pictures.map(({ name, svg }) => {
      const figure = element('figure');
      const src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
      figure.append(element('img', undefined, { src, alt: /aria-label="([^"]*)"/.exec(svg)?.[1] ?? name }));
      return figure;
    }),
  );
}

export function downloadText(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  element('a', undefined, { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
