// A garage without a host: entering and leaving, alone and five spots at a time, in garages of 1,000 to 100,000 spots at
// 90 % occupancy, and the price of a month under a tariff that has everything.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const turns = 3;
const file = fileURLToPath(new URL('../../build/release/bench_garage', import.meta.url));
if (!existsSync(file)) {
  console.error(`${file} is missing: build it first (./dev build release)`);
  process.exit(1);
}

const seen = { single: new Map(), five: new Map(), quote: [] };
for (let turn = 0; turn < turns; turn += 1) {
  const figures = JSON.parse(execFileSync(file, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  for (const { spots, single_ns, five_ns } of figures.sizes) {
    seen.single.set(spots, [...(seen.single.get(spots) ?? []), single_ns]);
    seen.five.set(spots, [...(seen.five.get(spots) ?? []), five_ns]);
  }
  seen.quote.push(figures.quote_ns);
}

const report = new Report('garage');
const sizes = [...seen.single.keys()];
const [smallest, largest] = [sizes[0], sizes.at(-1)];
const sizeName = (spots) => `${spots / 1e3}k spots`;
const perSecond = (samples) => samples.map((ns) => 1e9 / ns);
for (const spots of sizes) {
  report.add({
    name: `enter and exit, nearest, ${sizeName(spots)}`,
    unit: '1/s',
    samples: perSecond(seen.single.get(spots)),
    better: 'more',
    bar: spots === largest ? limit('≥', 1e6) : undefined,
  });
  report.add({
    name: `the same with five spots each, ${sizeName(spots)}`,
    unit: '1/s',
    samples: perSecond(seen.five.get(spots)),
    better: 'more',
    bar: spots === largest ? limit('≥', 3e5) : undefined,
  });
}
const least = (samples) => Math.min(...samples);
report.add({
  name: `enter and exit, ${sizeName(largest)}`,
  unit: 'ns',
  samples: seen.single.get(largest),
  ratio: { value: least(seen.single.get(largest)) / least(seen.single.get(smallest)), of: sizeName(smallest) },
  bar: limit('≤', 3),
});
report.add({ name: 'quote of 30 days, richest tariff', unit: 'ns', samples: seen.quote, bar: limit('≤', 5000) });
report.finish({ compiler: versionOf('c++', '--version') });
