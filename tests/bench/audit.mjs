// The audit trail of a store with 10M events, on disk: histories of subjects, verification, and what the indexes cost
// beside durable commits. The files lie under build/bench: on the disk of the checkout.

import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = `${root}build/release/bench_audit`;
const folder = `${root}build/bench/audit`;

if (!existsSync(program)) {
  console.error(`${program} is missing: build it first (./dev build release)`);
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
const output = execFileSync(program, [folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const figures = JSON.parse(output);
const millions = `${figures.events / 1e6}M events`;

const report = new Report('audit');
const ratios = [];
function add(name, unit, value, rest = {}) {
  const { bar } = report.add({ name, unit, samples: [value], ...rest });
  if (bar) ratios.push(`${name}: ${(bar.is === '≤' ? bar.value / value : value / bar.value).toFixed(1)}`);
}
add(`a task's history among ${millions}, median of 50`, 'ms', figures.task.median_ms, { bar: limit('≤', 10) });
add('the slowest of them', 'ms', figures.task.worst_ms, { bar: limit('≤', 10) });
add("100 events of a tenant's 10,000, median of 50", 'ms', figures.tenant.median_ms, { bar: limit('≤', 10) });
add('the slowest of them', 'ms', figures.tenant.worst_ms, { bar: limit('≤', 10) });
add('verify, every byte', 'events/s', figures.verify_events_per_s, { better: 'more', bar: limit('≥', 1e6) });
add('durable commits of 256 events', 'events/s', figures.durable_events_per_s, { better: 'more' });
add('share of the indexes in the time of both', '', figures.index_share, { bar: limit('≤', 0.3) });
add('opening the trail', 's', figures.open_s);
add('memory of the open trail', 'MB', figures.resident_mb);
add('indexes, of the bytes of the records', '', figures.index_bytes / figures.record_bytes);
report.note('times better than the bar:');
for (const ratio of ratios) report.note(`  ${ratio}`);
report.finish({ compiler: versionOf('g++', '--version') });
