// Units in use never exceed the cap (SC-001), as the tasks themselves count them.

import { ParkingLot } from 'prometheus-parking-lot';

const capacity = 16;
const classes = ['low', 'normal', 'high', 'critical'];

/** Runs `count` tasks of mixed cost and priority, half by `run`, half by `submit`; answers what was seen. */
export async function checkCapacity(count) {
  const seen = { capacity, count, peak: 0, ran: 0 };
  let used = 0;
  const work = async (units) => {
    used += units;
    seen.peak = Math.max(seen.peak, used);
    await Promise.resolve();
    used -= units;
    seen.ran += 1;
  };
  const lot = await ParkingLot.open(
    { pools: { mixed: { max_units: capacity, max_queue_depth: count } } },
    { handlers: { mixed: work } },
  );
  const pool = lot.pool('mixed');
  let seed = 1;
  const ends = [];
  for (let i = 0; i < count; i += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const units = 1 + ((seed >>> 16) % 7);
    const priority = classes[(seed >>> 24) % 4];
    const end =
      i % 2 === 0
        ? pool.run(() => work(units), { units, priority })
        : pool.submit({ payload: units, units, priority }).then((task) => task.outcome());
    ends.push(end);
  }
  await Promise.all(ends);
  await lot.close();
  return seen;
}
