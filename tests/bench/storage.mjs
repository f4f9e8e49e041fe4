// The file journal against bare append and fdatasync of the same bytes in the same batches, in one program and in turns;
// then what a start and a gigabyte of parked payloads cost. The files lie under build/bench: on the disk of the checkout.

import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = `${root}build/release/bench_storage`;
const folder = `${root}build/bench/storage`;

if (!existsSync(program)) {
  console.error(`${program} is missing: build it first (./dev build release)`);
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
const output = execFileSync(program, [folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const { journal, bare, opening, payloads } = JSON.parse(output);

const report = new Report('storage');
report.add({ name: 'bare append + fdatasync', unit: 'commits/s', samples: bare.commits_per_s, better: 'more' });
report.add({
  name: `file journal, 64 submitters, ${journal.bytes_per_commit} bytes a commit`,
  unit: 'commits/s',
  samples: journal.commits_per_s,
  better: 'more',
  ratio: { value: journal.of_bare, of: 'bare append + fdatasync (median of the rounds)' },
  bar: limit('≥', 0.7),
});
report.add({
  name: `opening ${opening.live_tasks / 1e6}M live tasks until they could start, ${Math.round(opening.bytes / 1e6)} MB`,
  unit: 's',
  samples: [opening.seconds],
  bar: limit('≤', 3),
});
report.add({
  name: 'resident with 1 GB of payloads parked',
  unit: 'MB',
  samples: [payloads.resident_mb],
  bar: limit('≤', 300),
});
report.add({ name: 'opening with 1M payloads', unit: 's', samples: [payloads.open_s] });
report.finish({ compiler: versionOf('g++', '--version') });
