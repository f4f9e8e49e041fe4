// `parking-lot run` of short commands against `xargs -P` of the same commands, in turns.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { limit, Report, versionOf } from './report.mjs';

const rounds = 5;
const jobs = 2000;
const atOnce = 2;
const program = fileURLToPath(new URL('../../build/release/parking-lot', import.meta.url));
if (!existsSync(program)) {
  console.error(`${program} is missing: build it first (./dev build release)`);
  process.exit(1);
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'parking-lot-bench-'));
const file = (name) => path.join(folder, name);
const job = JSON.stringify({ pool: 'cpu', payload: { argv: ['/bin/true'] } });
writeFileSync(file('pools.json'), JSON.stringify({ pools: { cpu: { max_units: atOnce, max_queue_depth: jobs } } }));
writeFileSync(file('jobs.jsonl'), `${job}\n`.repeat(jobs));
writeFileSync(file('arguments'), 'x\n'.repeat(jobs));

/** Seconds that a command takes; it must end well. */
function timed(command, args, input) {
  const started = performance.now();
  const ended = spawnSync(command, args, { input, encoding: 'utf8' });
  const seconds = (performance.now() - started) / 1000;
  if (ended.status !== 0) throw new Error(`${command} ended with ${ended.status}: ${ended.stderr}${ended.error ?? ''}`);
  return seconds;
}

function runXargs() {
  return timed('xargs', ['-P', String(atOnce), '-n', '1', '/bin/true'], readFileSync(file('arguments')));
}

/** All jobs must have completed: an outcome for each. */
function runParkingLot() {
  const args = ['run', '--config', file('pools.json'), '--jobs', file('jobs.jsonl'), '--out', file('out.jsonl')];
  const seconds = timed(program, [...args, '--json']);
  const outcomes = readFileSync(file('out.jsonl'), 'utf8').trim().split('\n');
  const completed = outcomes.filter((line) => JSON.parse(line).status === 'completed').length;
  if (completed !== jobs) throw new Error(`${completed} of ${jobs} jobs completed`);
  rmSync(file('out.jsonl'));
  return seconds;
}

const report = new Report('cli');
const xargs = [];
const parkingLot = [];
try {
  runXargs();
  runParkingLot();
  for (let round = 0; round < rounds; round += 1) {
    xargs.push(jobs / runXargs());
    parkingLot.push(jobs / runParkingLot());
  }
} finally {
  rmSync(folder, { recursive: true });
}

report.add({ name: `xargs -P ${atOnce} -n 1 /bin/true`, unit: 'jobs/s', samples: xargs, better: 'more' });
report.add({
  name: `parking-lot run, ${atOnce} units`,
  unit: 'jobs/s',
  samples: parkingLot,
  better: 'more',
  ratio: { value: Math.max(...parkingLot) / Math.max(...xargs), of: 'xargs' },
  bar: limit('≥', 0.7),
});
report.note(`${jobs} jobs each, ${rounds} rounds in turns after one to warm up; every job's outcome was read back`);
report.finish({ xargs: versionOf('xargs', '--version') });
