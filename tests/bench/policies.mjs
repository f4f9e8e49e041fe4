// What policies make of real and generated traces, by `parking-lot simulate`; and how fast a trace is simulated.
//
// The traces of Azure are read from the folder that PARKING_LOT_TRACES names; without it, that part is left out.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const program = fileURLToPath(new URL('../../build/release/parking-lot', import.meta.url));
if (!existsSync(program)) {
  console.error(`${program} is missing: build it first (./dev build release)`);
  process.exit(1);
}

const guarded = 'first_fit';
const unguarded = 'first_fit:starvation_guard_secs=0';
const shortestFirst = 'backfill:backfill_order=shortest';
const compared = [unguarded, guarded, 'strict', 'backfill', shortestFirst];
const output = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] };

/** The figures of each policy. */
function simulate(...args) {
  const policies = compared.flatMap((policy) => ['--policy', policy]);
  const { policies: figures } = JSON.parse(execFileSync(program, ['simulate', ...args, ...policies, '--json'], output));
  return Object.fromEntries(figures.map((each) => [each.policy, each]));
}

const seconds = (ms) => [ms / 1000];

/** Rows for one trace; with the bars where `isJudged`. */
function compare(report, trace, figures, isJudged) {
  const bar = (is, value) => (isJudged ? limit(is, value) : undefined);
  for (const policy of compared) {
    const { wait_ms: wait, largest_tenth: largest, utilisation, capacity, units_peak: peak } = figures[policy];
    const add = (name, unit, value, more = {}) => report.add({ name: `${trace}, ${policy}: ${name}`, unit, samples: value, ...more });
    add('wait, mean', 's', seconds(wait.mean));
    add('wait, p95', 's', seconds(wait.p95));
    add('wait, longest', 's', seconds(wait.max));
    add('largest tenth, p95', 's', seconds(largest.wait_ms.p95));
    add('utilisation', '%', [utilisation * 100]);
    add('most units in use', 'units', [peak], { ratio: { value: peak / capacity, of: 'capacity' }, bar: bar('≤', 1) });
  }
  const { backfill, strict, [guarded]: withGuard, [unguarded]: without } = figures;
  const against = (name, ours, theirs, than, value = 1) =>
    report.add({
      name: `${trace}, backfill: ${name}`,
      unit: 's',
      samples: seconds(ours),
      ratio: { value: ours / theirs, of: than },
      bar: bar('≤', value),
    });
  against('largest tenth, p95', backfill.largest_tenth.wait_ms.p95, without.largest_tenth.wait_ms.p95, 'first_fit, no guard', 0.25);
  against('p95', backfill.wait_ms.p95, withGuard.wait_ms.p95, 'first_fit');
  against('longest', backfill.wait_ms.max, withGuard.wait_ms.max, 'first_fit');
  against('mean', backfill.wait_ms.mean, strict.wait_ms.mean, 'strict');
  against('p95', backfill.wait_ms.p95, strict.wait_ms.p95, 'strict');
  against('longest', backfill.wait_ms.max, strict.wait_ms.max, 'strict');
}

/** A million tasks: making them, simulating, and the figures. */
function timeMillion(report) {
  for (const policy of ['first_fit', 'strict', 'backfill']) {
    const samples = [1, 2, 3].map(() => {
      const began = performance.now();
      execFileSync(program, ['simulate', '--generate', 'llm-chat', '--tasks', '1000000', '--policy', policy, '--json'], output);
      return (performance.now() - began) / 1000;
    });
    report.add({ name: `a million tasks, ${policy}`, unit: 's', samples, bar: limit('≤', 5) });
  }
}

const report = new Report('policies');
const folder = process.env.PARKING_LOT_TRACES;
if (folder) {
  for (const [name, file] of [['conversation', 'conv'], ['code', 'code']]) {
    const trace = path.join(folder, `AzureLLMInferenceTrace_${file}.csv`);
    compare(report, `Azure ${name}`, simulate('--trace', trace, '--load', '95'), name === 'conversation');
  }
  report.note('units are MiB of key-value cache at 0.3125 MiB a token; 0.25 ms a prompt token and 30 ms a generated one; exact estimates');
} else {
  report.note('PARKING_LOT_TRACES names no folder: the traces of Azure are LEFT OUT');
}
compare(report, 'llm-chat, seed 1', simulate('--generate', 'llm-chat', '--seed', '1'), false);
timeMillion(report);
report.finish({ compiler: versionOf('g++', '--version') });
