// A garage without a host: entering and leaving, alone and five spots at a time, in garages of 1,000 to 100,000 spots at
// 90 % occupancy, beside what memory alone takes for it, and the price of a month under a tariff that has everything.
// Then a stored one against append and fdatasync of the same bytes.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const turns = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));
const file = path.join(root, 'build/release/bench_garage');
const storedFile = path.join(root, 'build/release/bench_stored_garage');
for (const each of [file, storedFile]) {
  if (existsSync(each)) continue;
  console.error(`${each} is missing: build it first (./dev build release)`);
  process.exit(1);
}

const seen = { single: new Map(), five: new Map(), memory: new Map(), quote: [] };
for (let turn = 0; turn < turns; turn += 1) {
  const figures = JSON.parse(execFileSync(file, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  for (const { spots, single_ns, five_ns, memory_ns } of figures.sizes) {
    seen.single.set(spots, [...(seen.single.get(spots) ?? []), single_ns]);
    seen.five.set(spots, [...(seen.five.get(spots) ?? []), five_ns]);
    seen.memory.set(spots, [...(seen.memory.get(spots) ?? []), memory_ns]);
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
report.add({
  name: `20 lines of memory in 5 steps, ${sizeName(largest)}`,
  unit: 'ns',
  samples: seen.memory.get(largest),
});
const least = (samples) => Math.min(...samples);
report.add({
  name: `enter and exit, ${sizeName(largest)}`,
  unit: 'ns',
  samples: seen.single.get(largest),
  ratio: { value: least(seen.single.get(largest)) / least(seen.single.get(smallest)), of: sizeName(smallest) },
  bar: limit('≤', 3),
});
report.add({ name: 'quote of 30 days, richest tariff', unit: 'ns', samples: seen.quote, bar: limit('≤', 5000) });
const folder = path.join(root, 'build/bench/stored-garage');
mkdirSync(path.dirname(folder), { recursive: true });
const { stored } = JSON.parse(
  execFileSync(storedFile, [folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
);
for (const { gates, commands_per_second, of_bare } of stored) {
  const name = `a stored garage, ${gates} gate${gates > 1 ? 's' : ''}`;
  report.add({ name, unit: '1/s', samples: [commands_per_second], better: 'more' });
  const bar = gates > 1 ? limit('≥', 0.7) : undefined;
  report.add({ name: `${name}, of append + fdatasync`, unit: '', samples: [of_bare], better: 'more', bar });
}
report.finish({ compiler: versionOf('c++', '--version') });
