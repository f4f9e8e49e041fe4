import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type LotConfig,
  ParkingLot,
  type Pool,
  type PoolMoment,
  type TaskView,
} from 'prometheus-parking-lot';
import { manualClock } from 'prometheus-parking-lot/testing';
import { scratchFolder } from './scratch.js';

/** What the past must tell as the present did. */
function told({ stats, tasks }: PoolMoment | { stats: PoolMoment['stats']; tasks: readonly TaskView[] }) {
  const { unitsMax, unitsInUse, parked, running, state } = stats;
  const facts = tasks.map(
    ({ taskId, status, priority, units, attempt, submittedAt, startedAt, finishedAt }) => {
      return { taskId, status, priority, units, attempt, submittedAt, startedAt, finishedAt };
    },
  );
  return { unitsMax, unitsInUse, parked, running, state, tasks: facts };
}

async function present(pool: Pool) {
  return told({ stats: await pool.stats(), tasks: (await pool.tasks({ limit: 1000 })).tasks });
}

test('a durable pool as of any past moment is what it was then, also in the next life', async (context) => {
  const config: LotConfig = {
    pools: { p: { max_units: 3, queue: { type: 'file', path: scratchFolder(), stream: 'of-p' } } },
  };
  const clock = manualClock(1_800_000_000_000);
  const ends: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => ends.push(resolve));
  const lot = await ParkingLot.open(config, { clock, handlers: { p: work } });
  const pool = lot.pool('p') as Pool;
  const moments: { at: number; was: ReturnType<typeof told> }[] = [];
  for (let i = 0; i < 40; i += 1) {
    const taskId = `t${i}`;
    if (i % 4 === 3) ends.shift()?.();
    else await pool.submit({ taskId, units: 1 + (i % 2), priority: i % 5 === 0 ? 'high' : 'normal' });
    if (i % 9 === 8) await (i % 2 === 0 ? pool.pause() : pool.resume());
    const at = clock.wall();
    // What is told is durable, which takes a moment.
    for (;;) {
      const [was, is] = [told(await pool.at(at)), await present(pool)];
      if (JSON.stringify(was) === JSON.stringify(is)) break;
      await new Promise(setImmediate);
    }
    moments.push({ at, was: await present(pool) });
    await clock.advance(1000);
  }
  assert.ok(new Set(moments.map(({ was }) => JSON.stringify(was))).size > 30);
  await lot.close();

  const later = manualClock(clock.wall() + 60_000);
  const again = await ParkingLot.open(config, { clock: later, handlers: { p: work } });
  context.after(() => again.close());
  for (const { at, was } of moments) assert.deepEqual(told(await again.pool('p').at(new Date(at))), was);
  const between = await again.pool('p').at(moments[7]!.at + 500);
  assert.deepEqual(told(between), moments[7]!.was);
  await assert.rejects(again.pool('p').at(1_700_000_000_000), {
    code: 'storage_unavailable',
    message: /The past cannot be told: .* has no records of that time/,
  });
  await assert.rejects(again.pool('p').at('once'), { code: 'invalid_argument', field: 'moment' });
});

test('a volatile pool says that it knows no past', async (context) => {
  const lot = await ParkingLot.open({ pools: { p: { max_units: 1 } } });
  context.after(() => lot.close());
  await assert.rejects(lot.pool('p').at(new Date()), { code: 'unavailable', message: /Pool p is volatile/ });
});
