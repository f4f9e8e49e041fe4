// The queues under test, each as `measure(count)`: milliseconds for that many no-op async tasks, four at once, until
// the promise of every task has settled. Runs in Node and in a page.

import Bottleneck from 'bottleneck';
import * as fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { ParkingLot } from 'prometheus-parking-lot';

const concurrency = 4;
const classes = ['low', 'normal', 'high', 'critical'];
const task = async () => {};

async function parkingLot(count) {
  const lot = await ParkingLot.open({ pools: { bench: { max_units: concurrency, max_queue_depth: count } } });
  const pool = lot.pool('bench');
  const started = performance.now();
  const runs = [];
  for (let i = 0; i < count; i += 1) runs.push(pool.run(task, { priority: classes[i % 4] }));
  await Promise.all(runs);
  const elapsed = performance.now() - started;
  await lot.close();
  return elapsed;
}

async function pQueue(count, priorities) {
  const queue = new PQueue({ concurrency });
  const started = performance.now();
  const runs = [];
  for (let i = 0; i < count; i += 1) runs.push(queue.add(task, { priority: i % priorities }));
  await Promise.all(runs);
  return performance.now() - started;
}

async function fastqPromise(count) {
  const queue = (fastq.default ?? fastq).promise(task, concurrency);
  const started = performance.now();
  const runs = [];
  for (let i = 0; i < count; i += 1) runs.push(queue.push(i));
  await Promise.all(runs);
  return performance.now() - started;
}

async function pLimited(count) {
  const limited = pLimit(concurrency);
  const started = performance.now();
  const runs = [];
  for (let i = 0; i < count; i += 1) runs.push(limited(task));
  await Promise.all(runs);
  return performance.now() - started;
}

async function bottleneck(count) {
  const limiter = new Bottleneck({ maxConcurrent: concurrency });
  const started = performance.now();
  const runs = [];
  for (let i = 0; i < count; i += 1) runs.push(limiter.schedule({ priority: i % 10 }, task));
  await Promise.all(runs);
  return performance.now() - started;
}

/** `share`: of the tasks asked for, because the queue is too slow for all of them; times are scaled up. */
export const queues = [
  { name: 'parking lot, 4 priorities', measure: parkingLot },
  { name: 'p-queue, 4 priorities', measure: (count) => pQueue(count, 4) },
  { name: 'p-queue, 10 priorities', measure: (count) => pQueue(count, 10) },
  { name: 'fastq.promise, no priorities', measure: fastqPromise },
  { name: 'p-limit, no priorities', measure: pLimited },
  { name: 'bottleneck, 10 priorities', measure: bottleneck, share: 0.02 },
];

/**
 * `pool.submit` into a full, volatile pool. `calls`: milliseconds until the core has parked every task; `receipts`:
 * until every caller has its task as well.
 */
export async function submitRate(count) {
  const lot = await ParkingLot.open({ pools: { bench: { max_units: 1, max_queue_depth: count } } });
  const pool = lot.pool('bench');
  const started = performance.now();
  const receipts = [];
  for (let i = 0; i < count; i += 1) receipts.push(pool.submit({ payload: i, priority: classes[i % 4] }));
  // Hands the core what is still queued before it returns.
  const stats = pool.stats();
  const calls = performance.now() - started;
  const { parked } = await stats;
  await Promise.all(receipts);
  const elapsed = performance.now() - started;
  if (parked !== count) throw new Error(`${parked} of ${count} tasks were parked`);
  await lot.close();
  return { calls, receipts: elapsed };
}
