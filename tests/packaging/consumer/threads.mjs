import { isMainThread, Worker } from 'node:worker_threads';
import { ParkingLot } from 'prometheus-parking-lot';
import { manualClock } from 'prometheus-parking-lot/testing';
import { serveTasks } from 'prometheus-parking-lot/worker';

import { sumOf, useLot } from './report.js';

const config = { pools: { work: { max_units: 4 }, here: { max_units: 1 } } };
const inFiles = { queue: 'file', mailbox: 'file' };

if (isMainThread) {
  const threads = await useLot(
    await ParkingLot.open(config, { workers: { work: () => new Worker(new URL(import.meta.url)) } }),
  );
  const inline = await useLot(await ParkingLot.open(config, { handlers: { work: sumOf } }));
  const { work, here } = config.pools;
  const stored = await useLot(
    await ParkingLot.open({ pools: { work: { ...work, ...inFiles }, here: { ...here, ...inFiles } } }, { handlers: { work: sumOf } }),
  );
  console.log(JSON.stringify({ threads, inline, stored, clock: typeof manualClock }));
} else {
  serveTasks((payload) => sumOf(payload));
}
