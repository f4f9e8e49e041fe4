import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Priority } from 'prometheus-parking-lot';
import { openLot } from './lot.js';

/** A small generator with a fixed seed (Park and Miller's), so that every run is the same. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const priorities: Priority[] = ['low', 'normal', 'high', 'critical'];

test('100,000 runs of mixed cost and priority never use more than the capacity, and all complete', async (context) => {
  const capacity = 16;
  const { lot } = await openLot(context, { pools: { p: { max_units: capacity, max_queue_depth: 200_000 } } });
  const pool = lot.pool('p');
  const pick = random(20260101);
  let inUse = 0;
  let peak = 0;
  let above = 0;
  const runs: Promise<number>[] = [];
  for (let i = 0; i < 100_000; i++) {
    const units = pick(capacity + 1);
    const steps = pick(3);
    runs.push(
      pool.run(
        async () => {
          inUse += units;
          if (inUse > capacity) above++;
          peak = Math.max(peak, inUse);
          for (let step = 0; step < steps; step++) await undefined;
          inUse -= units;
          return i;
        },
        { units, priority: priorities[pick(4)]! },
      ),
    );
  }
  const results = await Promise.all(runs);
  assert.equal(above, 0);
  assert.equal(peak, capacity);
  assert.ok(results.every((result, i) => result === i));
  const stats = await pool.stats();
  assert.equal(stats.completed, 100_000);
  assert.equal(stats.unitsInUse, 0);
  assert.equal(stats.parked, 0);
});

test('20,000 submissions with cancels, failures and refusals among them: every promise settles, nothing leaks', async (context) => {
  const pick = random(7);
  const { lot } = await openLot(
    context,
    { pools: { p: { max_units: 8, max_queue_depth: 5000, task_retention_count: 10 } } },
    {
      handlers: {
        p: async (payload: number) => {
          if (payload % 7 === 0) throw new Error(`bad ${payload}`);
          return payload;
        },
      },
    },
  );
  const ends = { completed: 0, failed: 0, dropped: 0, refused: 0 };
  const one = async (i: number) => {
    const abort = new AbortController();
    try {
      const task = await lot.pool('p').submit({ payload: i, units: 1 + pick(8) }, { signal: abort.signal });
      if (i % 5 === 0) abort.abort();
      const outcome = await task.outcome();
      ends[outcome.status as 'completed' | 'failed' | 'dropped']++;
      if (outcome.status === 'completed') assert.equal(outcome.result, i);
    } catch (error) {
      assert.equal((error as { code: string }).code, 'queue_full');
      ends.refused++;
    }
  };
  for (let wave = 0; wave < 2; wave++) {
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => one(i)));
  }
  assert.equal(ends.completed + ends.failed + ends.dropped + ends.refused, 20_000);
  assert.ok(
    ends.completed > 0 && ends.failed > 0 && ends.dropped > 0 && ends.refused > 0,
    JSON.stringify(ends),
  );
  const stats = await lot.pool('p').stats();
  assert.equal(stats.unitsInUse, 0);
  assert.equal(stats.parked, 0);
  assert.equal(stats.rejected, ends.refused);
});
