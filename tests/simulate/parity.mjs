// The simulator in WebAssembly and the native one come to the same figures and the same plots.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const native = path.join(root, 'build/release/parking-lot');
const module = path.join(root, 'build/wasm/parking_lot_simulate.wasm');
for (const file of [native, module]) {
  if (existsSync(file)) continue;
  console.error(`${file} is missing: build it first (./dev build release wasm)`);
  process.exit(1);
}

const { loadSimulator } = await import('../../examples/what-if/simulator.mjs');
const whatIf = await loadSimulator({ wasmBinary: readFileSync(module) });
const policies = ['first_fit', 'first_fit:starvation_guard_secs=5', 'strict', 'backfill'];

/** Figures and plots of the native program, in the form of the module's answer. */
function simulateNatively(args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parking-lot-parity-'));
  try {
    const asked = policies.flatMap((policy) => ['--policy', policy]);
    const text = execFileSync(native, ['simulate', ...args(folder), ...asked, '--json', '--pictures', `${folder}/`], { encoding: 'utf8' });
    return { ...JSON.parse(text), plot: (name) => readFileSync(path.join(folder, `${name}.svg`), 'utf8').trimEnd() };
  } finally {
    setImmediate(() => rmSync(folder, { recursive: true }));
  }
}

function compare(args, request, trace) {
  const expected = simulateNatively(args);
  const answer = whatIf({ ...request, policies }, trace);
  assert.equal(answer.error, undefined);
  assert.deepEqual(answer.policies.map(({ config, ...figures }) => figures), expected.policies);
  assert.ok(answer.pictures.length > 5);
  for (const { name, svg } of answer.pictures) assert.equal(svg, expected.plot(name), name);
}

test('of generated traces', () => {
  for (const generate of ['llm-code', 'llm-chat', 'bursty']) {
    compare(() => ['--generate', generate, '--seed', '9', '--tasks', '3000'], { generate, seed: 9, tasks: 3000 }, '');
  }
});

test('of a trace with deadlines, timeouts, priorities and tenants', () => {
  const line = (i) => ({
    submit: i * 37,
    duration: (i * 7919) % 4000,
    units: 1 + ((i * 31) % 9),
    priority: ['low', 'normal', 'high', 'critical'][i % 4],
    tenant: `tenant ${i % 5}`,
    ...(i % 3 === 0 ? { deadline: i * 37 + 2500 } : {}),
    ...(i % 7 === 0 ? { timeout: 1200 } : { estimate: 1 + ((i * 7919) % 5000) }),
  });
  const text = Array.from({ length: 2000 }, (_, i) => JSON.stringify(line(i))).join('\n');
  const write = (folder) => {
    writeFileSync(path.join(folder, 't.jsonl'), text);
    return ['--trace', path.join(folder, 't.jsonl'), '--units', '12', '--kill-at-estimate'];
  };
  compare(write, { name: 't.jsonl', units: 12, kill_at_estimate: true }, text);
});

test('and both refuse the same text in the same words', () => {
  const { error } = whatIf({ format: 'swf' }, '1 2 3\n');
  assert.deepEqual(error, { where: 'line 1', message: 'The line has 3 fields; a job has 18 (Standard Workload Format), and a comment begins with \';\'.' });
});
