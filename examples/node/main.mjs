// Two pools in one process: keys are derived in worker threads under a cap of memory, files are read by a handler in
// this thread. Run it with `node main.mjs`.

import { readdir, readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import { ParkingLot } from 'prometheus-parking-lot';

import { drawTimeline, peakUnits } from './timeline.mjs';

/** One unit of the pool `keys` is 16 MiB, so that at most 128 MiB are in use. */
const UNIT_BYTES = 16 * 2 ** 20;
const CAPACITY = 8;

const lot = await ParkingLot.open(
  { pools: { keys: { max_units: CAPACITY }, files: { max_units: 2 } } },
  {
    workers: { keys: { create: () => new Worker(new URL('./scrypt.worker.mjs', import.meta.url)), size: 4 } },
    handlers: { files: countWords },
  },
);

/** Ten keys of different strength, and the words of the files in this folder. */
async function submitAll() {
  const submitted = [];
  for (let i = 0; i < 10; i += 1) {
    const N = 2 ** [14, 15, 16][i % 3];
    const priority = i >= 8 ? 'high' : 'normal';
    const units = (1024 * N) / UNIT_BYTES;
    const payload = { password: `secret ${i}`, N };
    submitted.push(await lot.pool('keys').submit({ taskId: `key-${i + 1}`, payload, units, priority }));
  }
  for (const name of await readdir(new URL('.', import.meta.url))) {
    submitted.push(await lot.pool('files').submit({ taskId: name, payload: name }));
  }
  return submitted;
}

async function countWords(name) {
  const text = await readFile(new URL(name, import.meta.url), 'utf8');
  return text.split(/\s+/).length;
}

function showPool(name, capacity, tasks) {
  console.log(`\npool ${name}: ${capacity} units, at most ${peakUnits(tasks)} of them in use\n${drawTimeline(tasks)}`);
}

const submitted = await submitAll();
await Promise.all(submitted.map((task) => task.outcome()));

const tasks = await Promise.all(submitted.map(async (task) => ({ name: task.id, ...(await task.status()) })));
const inPool = (pool) => tasks.filter((task) => task.pool === pool);
showPool('keys', CAPACITY, inPool('keys'));
showPool('files', 2, inPool('files'));

const words = await Promise.all(submitted.filter((task) => task.pool === 'files').map((task) => task.result()));
console.log(`\n${words.reduce((sum, count) => sum + count, 0)} words in ${words.length} files`);

await lot.close();
