import { isMainThread, Worker } from 'node:worker_threads';
import { ParkingLot } from 'prometheus-parking-lot';
import { manualClock } from 'prometheus-parking-lot/testing';
import { serveTasks } from 'prometheus-parking-lot/worker';

import { sumOf, useLot } from './report.js';

const config = { pools: { work: { max_units: 4 }, here: { max_units: 1 } } };

if (isMainThread) {
  const threads = await useLot(
    await ParkingLot.open(config, { workers: { work: () => new Worker(new URL(import.meta.url)) } }),
  );
  const inline = await useLot(await ParkingLot.open(config, { handlers: { work: sumOf } }));
  console.log(JSON.stringify({ threads, inline, clock: typeof manualClock }));
} else {
  serveTasks((payload) => sumOf(payload));
}
