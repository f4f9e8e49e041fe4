import { ParkingLot } from 'prometheus-parking-lot';

import { useLot } from './report.js';

const lot = await ParkingLot.open(
  { pools: { work: { max_units: 4, runtime: 'web_worker' }, here: { max_units: 1 } } },
  { workers: { work: () => new Worker(new URL('./task.worker.js', import.meta.url), { type: 'module' }) } },
);
window.report = await useLot(lot);
