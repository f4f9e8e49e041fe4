// The core alone: a whole task life against std::priority_queue of the same keys, native and as WebAssembly, the two
// programs in turns so that both see the same machine.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const turns = 5;
const outputOnly = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
const root = fileURLToPath(new URL('../../', import.meta.url));
const builds = [
  { name: 'native', file: `${root}build/release/bench_core`, run: (file) => execFileSync(file, outputOnly) },
  {
    name: 'WebAssembly',
    file: `${root}build/wasm/bench_core_wasm.js`,
    run: (file) => execFileSync(process.execPath, [file], outputOnly),
  },
];

for (const { file } of builds) {
  if (existsSync(file)) continue;
  console.error(`${file} is missing: build it first (./dev build release wasm)`);
  process.exit(1);
}

/** What the program says of each size, one array of samples for each figure. */
function measure() {
  const seen = builds.map(() => new Map());
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [i, { file, run }] of builds.entries()) {
      for (const { tasks, ...figures } of JSON.parse(run(file)).sizes) {
        const samples = seen[i].get(tasks) ?? {};
        for (const [key, value] of Object.entries(figures)) (samples[key] ??= []).push(value);
        seen[i].set(tasks, samples);
      }
    }
  }
  return seen;
}

const least = (samples) => Math.min(...samples);
const sizeName = (tasks) => (tasks >= 1e6 ? `${tasks / 1e6}M` : `${tasks / 1e3}k`);

const report = new Report('core');
const [native, wasm] = measure();
for (const [i, figures] of [native, wasm].entries()) {
  const { name } = builds[i];
  for (const [tasks, { lifecycle_ns, priority_queue_ns }] of figures) {
    report.add({ name: `${name}, priority_queue, ${sizeName(tasks)}`, unit: 'ns/key', samples: priority_queue_ns });
    report.add({
      name: `${name}, task life, ${sizeName(tasks)}`,
      unit: 'ns/task',
      samples: lifecycle_ns,
      ratio: { value: least(lifecycle_ns) / least(priority_queue_ns), of: 'priority_queue' },
      bar: i === 0 ? limit('≤', 8) : undefined,
    });
  }
}

const sizes = [...native.keys()];
const [smallest, largest] = [sizes[0], sizes.at(-1)];
for (const [i, figures] of [native, wasm].entries()) {
  const life = (tasks) => figures.get(tasks).lifecycle_ns;
  report.add({
    name: `${builds[i].name}, a task among ${sizeName(largest)}`,
    unit: 'ns/task',
    samples: life(largest),
    ratio: { value: least(life(largest)) / least(life(smallest)), of: `among ${sizeName(smallest)}` },
    bar: limit('≤', 4),
  });
}
for (const tasks of sizes) {
  report.add({
    name: `WebAssembly, task life, ${sizeName(tasks)}`,
    unit: 'ns/task',
    samples: wasm.get(tasks).lifecycle_ns,
    ratio: { value: least(wasm.get(tasks).lifecycle_ns) / least(native.get(tasks).lifecycle_ns), of: 'native' },
    bar: limit('≤', 2),
  });
}
for (const [i, figures] of [native, wasm].entries()) {
  report.add({
    name: `${builds[i].name}, a parked task`,
    unit: 'bytes',
    samples: figures.get(largest).bytes_per_parked_task,
    bar: limit('≤', 250),
  });
}
report.note(`each sample is the best of five rounds of the program; the programs ran in turns, ${turns} times each`);

// Natively, what a decision costs does not grow with the queue.
const decisions = `${root}build/release/bench_decisions`;
if (!existsSync(decisions)) {
  console.error(`${decisions} is missing: build it first (./dev build release)`);
  process.exit(1);
}
for (const { load, few_ns: few, many_ns: many } of JSON.parse(execFileSync(decisions, outputOnly)).loads) {
  report.add({ name: `decision, ${load}, 1k parked`, unit: 'ns', samples: [few] });
  report.add({
    name: `decision, ${load}, 100k parked`,
    unit: 'ns',
    samples: [many],
    ratio: { value: many / few, of: '1k parked' },
    bar: limit('≤', 3),
  });
}
report.finish({ compiler: versionOf('g++', '--version'), emcc: versionOf('emcc', '--version') });
