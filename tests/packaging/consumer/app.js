import { ParkingLot } from 'prometheus-parking-lot';

import { useLot } from './report.js';

const workers = {
  work: () => new Worker(new URL('./task.worker.js', import.meta.url), { type: 'module' }),
};
const open = (storage) =>
  ParkingLot.open(
    { pools: { work: { max_units: 4, runtime: 'web_worker', ...storage }, here: { max_units: 1, ...storage } } },
    { workers },
  );
const inMemory = await useLot(await open({}));
const stored = await useLot(await open({ queue: 'idbfs', mailbox: 'idbfs' }));
window.report = { inMemory, stored };
