// kill -9 at random points under load: nothing acknowledged is lost, nothing comes twice.
//
//   node tests/crash/crash.mjs [--cycles N] [--seed S] [--build build/release] [--keep]
//
// A cycle takes an empty folder, one combination of queue and mailbox storage and one program, kills the program some times at
// random moments, lets the last life run to the end, and looks from the outside. It prints one line; a violation ends with the
// command that repeats the cycle.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { combinations, configOf, randomOf, storesOf } from './combinations.mjs';
import { capacityViolations, Ledger } from './ledger.mjs';
import { allGone, jsonLines, live } from './lives.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values: options } = parseArgs({
  options: {
    cycles: { type: 'string', default: '20' },
    seed: { type: 'string' },
    build: { type: 'string', default: 'build/release' },
    keep: { type: 'boolean', default: false },
  },
});
const client = path.join(root, options.build, 'crash_client');
const program = path.join(root, options.build, 'parking-lot');

/** Reads what the jobs of one life have logged, and begins a new log. */
function takeLog(folder) {
  const log = path.join(folder, 'log');
  if (!existsSync(log)) return '';
  const text = readFileSync(log, 'utf8');
  rmSync(log);
  return text;
}

/** The program that submits and reads: see main.cc. */
async function clientCycle(folder, combination, random) {
  writeFileSync(path.join(folder, 'config.json'), configOf(combination, 'inline'));
  const ledger = new Ledger(combination);
  const kills = 2 + random(4);
  for (let kill = 0; kill < kills; ++kill) {
    const args = ['config.json', 'log', `${kill}-`, String(random(1 << 30)), '100000'];
    const ended = await live(client, args, { folder, onLine: (line) => ledger.take(line), killAfter: 20 + random(400) });
    if (ended.signal !== 'SIGKILL') ledger.violations.push(`life ${kill + 1} ended by itself: ${ended.errors}`);
    ledger.violations.push(...capacityViolations(takeLog(folder)));
    ledger.forgetVolatile();
  }
  const last = await live(client, ['config.json', 'log', 'end-', '1', '0'], { folder, onLine: (line) => ledger.take(line) });
  if (last.code !== 0) ledger.violations.push(`the last life did not come to an end: ${last.errors}`);
  ledger.violations.push(...capacityViolations(takeLog(folder)));
  return { kills, promised: ledger.acknowledged.size, violations: ledger.settle() };
}

const jobCount = 60;
const jobLine = (mark, number, random) => {
  const units = 1 + random(3);
  const script = `echo S ${number} ${units} >> log; sleep 0.0${1 + random(4)}; echo E ${number} ${units} >> log; : ${mark}`;
  return JSON.stringify({ units, mailbox: { tenant: 'acme', user: `user${random(3)}` }, payload: { argv: ['sh', '-c', script] } });
};

/** `parking-lot run` over a job file, killed and resumed. */
async function runCycle(folder, combination, random, mark) {
  writeFileSync(path.join(folder, 'config.json'), configOf(combination, 'process'));
  const jobs = Array.from({ length: jobCount }, (_, i) => jobLine(mark, i + 1, random));
  // The name marks the host, its guardian and children that are no jobs yet: one of those may still log a start.
  const jobFile = `${mark}.jsonl`;
  writeFileSync(path.join(folder, jobFile), `${jobs.join('\n')}\n`);
  const args = ['run', '--config', 'config.json', '--jobs', jobFile, '--out', 'out.jsonl', '--resume'];
  const violations = [];
  const kills = 2 + random(4);
  for (let kill = 0; kill < kills; ++kill) {
    await live(program, args, { folder, killAfter: 20 + random(250) });
    if (!(await allGone(mark, 2000))) violations.push('a job outlived its killed host');
    violations.push(...capacityViolations(takeLog(folder)));
  }
  const last = await live(program, args, { folder });
  if (last.code !== 0) violations.push(`the last run ended with ${last.code}: ${last.errors}`);
  violations.push(...capacityViolations(takeLog(folder)));
  violations.push(...outcomeViolations(folder, combination));
  return { kills, promised: jobCount, violations };
}

function outcomeViolations(folder, combination) {
  const violations = [];
  const counts = new Map();
  for (const line of readFileSync(path.join(folder, 'out.jsonl'), 'utf8').split('\n').filter(Boolean)) {
    const { task_id: id, status } = JSON.parse(line);
    counts.set(id, (counts.get(id) ?? 0) + 1);
    if (status !== 'completed') violations.push(`${id} is ${status}`);
  }
  for (const [id, count] of counts) if (count !== 1) violations.push(`${id} has ${count} outcomes`);
  if (counts.size !== jobCount) violations.push(`${counts.size} of ${jobCount} jobs have an outcome`);
  if (!combination.isMailboxDurable) return violations;
  const delivered = new Map();
  for (const user of ['user0', 'user1', 'user2']) {
    const fetch = ['mailbox', 'fetch', '--store', storesOf(combination).at(-1), '--tenant', 'acme', '--user', user, '--limit', '1000', '--json'];
    for (const { task_id: id } of jsonLines(program, fetch, folder)) delivered.set(id, (delivered.get(id) ?? 0) + 1);
  }
  // A volatile queue knows nothing of what it had delivered: what is run again is delivered again.
  for (const [id, count] of delivered) if (count !== 1 && combination.isQueueDurable) violations.push(`${id} has ${count} messages`);
  if (combination.isQueueDurable && delivered.size !== jobCount) violations.push(`${delivered.size} of ${jobCount} outcomes were delivered`);
  return violations;
}

/** Every byte of every store, and the chain of its commits. */
function damages(folder, combination) {
  return storesOf(combination).flatMap((store) => {
    const args = ['store', 'verify', store, '--json'];
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    if (status === 0) return [];
    return [`store verify ${store} ended with ${status}: ${stdout}${stderr}`];
  });
}

async function cycle(seed) {
  const random = randomOf(seed);
  const combination = combinations[seed % combinations.length];
  const isClient = Math.floor(seed / combinations.length) % 2 === 0;
  const folder = mkdtempSync(path.join(tmpdir(), 'parking-lot-crash-'));
  const begun = Date.now();
  const result = isClient
    ? await clientCycle(folder, combination, random)
    : await runCycle(folder, combination, random, `parking-lot-crash-${process.pid}-${seed}`);
  result.violations.push(...damages(folder, combination));
  const what = `seed ${seed}: ${isClient ? 'client' : 'run'}, ${combination.name}, ${result.kills} kills, ${result.promised} promised, ${Date.now() - begun} ms`;
  console.log(result.violations.length === 0 ? `ok   ${what}` : `FAIL ${what}`);
  if (result.violations.length > 0) {
    const kept = path.join(root, 'build/crash', `seed-${seed}`);
    mkdirSync(path.dirname(kept), { recursive: true });
    rmSync(kept, { recursive: true, force: true });
    cpSync(folder, kept, { recursive: true });
    writeFileSync(path.join(kept, 'violations'), `${result.violations.join('\n')}\n`);
    for (const violation of result.violations.slice(0, 10)) console.log(`       ${violation}`);
    console.log(`       its folder is ${path.relative(root, kept)}; again: ./dev crash --seed ${seed}`);
  }
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
  return result;
}

const first = Number(options.seed ?? Date.now() % 1_000_000);
const count = options.seed === undefined ? Number(options.cycles) : 1;
const total = { kills: 0, promised: 0, failed: 0 };
for (let i = 0; i < count; ++i) {
  const { kills, promised, violations } = await cycle(first + i);
  total.kills += kills;
  total.promised += promised;
  if (violations.length > 0) ++total.failed;
}
console.log(`${count} cycles, ${total.kills} kills, ${total.promised} promises, ${total.failed} cycles with violations`);
process.exitCode = total.failed === 0 ? 0 : 1;
