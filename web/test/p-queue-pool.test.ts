import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParkingLot, ParkingLotError } from 'prometheus-parking-lot';
import PQueue from 'prometheus-parking-lot/p-queue';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function settle() {
  for (let i = 0; i < 10; i += 1) await turn();
}

/** A job whose end is in the test's hand. */
function gate() {
  let open = (_value?: unknown) => {};
  const promise = new Promise<unknown>((resolve) => {
    open = resolve;
  });
  return { fn: () => promise, open };
}

async function opened(settings: { max_units: number | Record<string, number>; max_queue_depth?: number }) {
  const lot = await ParkingLot.open({ pools: { jobs: settings } });
  return { lot, pool: lot.pool('jobs') };
}

test('more jobs than the pool may hold wait in the queue, in its order, and none is refused', async () => {
  const { lot, pool } = await opened({ max_units: 8 });
  const queue = new PQueue({ pool });
  assert.equal(queue.concurrency, 8);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const all = Array.from({ length: 1500 }, (_, i) =>
    queue.add(
      async () => {
        order.push(i);
        most = Math.max(most, ++running);
        await turn();
        running -= 1;
        return i;
      },
      { priority: i % 3 },
    ),
  );
  assert.deepEqual([queue.pending, queue.size, queue.isSaturated], [8, 1492, true]);
  assert.deepEqual(
    await Promise.all(all),
    Array.from({ length: 1500 }, (_, i) => i),
  );
  assert.equal(most, 8);
  const waited = order.slice(8);
  const sorted = [...waited].sort((a, b) => (b % 3) - (a % 3) || a - b);
  assert.deepEqual(waited, sorted);
  assert.deepEqual([queue.pending, queue.size, queue.isSaturated], [0, 0, false]);
  await lot.close();
});

test('jobs wait while others keep the pool and its whole queue taken', async () => {
  const { lot, pool } = await opened({ max_units: 1, max_queue_depth: 1 });
  const [running, parked] = [gate(), gate()];
  const others = [pool.run(running.fn), pool.run(parked.fn)];
  const queue = new PQueue({ pool });
  const done = queue.addAll([1, 2, 3].map((i) => async () => i));
  await settle();
  assert.deepEqual([queue.size, queue.pending, queue.isSaturated], [3, 0, true]);
  running.open();
  await settle();
  assert.equal(queue.pending, 0);
  parked.open();
  assert.deepEqual(await done, [1, 2, 3]);
  await Promise.all(others);
  await lot.close();
});

test('a more urgent job starts first, also when another one waits in the pool already', async () => {
  const { lot, pool } = await opened({ max_units: 2 });
  const other = gate();
  const others = pool.run(other.fn, { units: 2 });
  const queue = new PQueue({ pool });
  const order: string[] = [];
  void queue.add(async () => order.push('wide'), { units: 2 });
  await settle();
  void queue.add(async () => order.push('urgent'), { priority: 1 });
  void queue.add(async () => order.push('late'), { id: 'late' });
  await settle();
  queue.setPriority('late', 2);
  other.open();
  await queue.onIdle();
  assert.deepEqual(order, ['late', 'urgent', 'wide']);
  await others;
  await lot.close();
});

test('pausing takes the place in the pool back, and an aborted job leaves it to the next', async () => {
  const { lot, pool } = await opened({ max_units: 1 });
  const other = gate();
  void pool.run(other.fn);
  const queue = new PQueue({ pool });
  const aborted = new AbortController();
  const given = queue.add(() => 'never', { signal: aborted.signal });
  const next = queue.add(() => 'next');
  await settle();
  assert.equal((await pool.stats()).parked, 1);
  aborted.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  assert.equal((await pool.stats()).parked, 1);
  queue.pause();
  other.open();
  await settle();
  assert.deepEqual([(await pool.stats()).parked, queue.size, queue.pending], [0, 1, 0]);
  queue.start();
  assert.equal(await next, 'next');
  await lot.close();
});

test('a pool that grows or is resumed lets more jobs start', async () => {
  const { lot, pool } = await opened({ max_units: 1 });
  const queue = new PQueue({ pool });
  const gates = Array.from({ length: 4 }, gate);
  for (const { fn } of gates) void queue.add(fn);
  await pool.reconfigure({ max_units: 3 });
  await settle();
  assert.deepEqual([queue.concurrency, queue.pending, queue.size], [3, 3, 1]);
  await pool.pause();
  for (const { open } of gates) open();
  await settle();
  assert.deepEqual([queue.pending, queue.size], [0, 1]);
  await pool.resume();
  await queue.onIdle();
  await lot.close();
});

test('what a pool counts of several resources limits the jobs; a plain number is of the scarcest', async () => {
  const { lot, pool } = await opened({ max_units: { cpu: 4, gpu_vram: 24_000 } });
  const queue = new PQueue({ pool });
  assert.equal(queue.concurrency, 4);
  const gates = Array.from({ length: 5 }, gate);
  const started: number[] = [];
  const costs = [{ gpu_vram: 16_000 }, { cpu: 1, gpu_vram: 8_000 }, 3, { gpu_vram: 1 }, undefined];
  for (const [i, { fn }] of gates.entries()) {
    const units = costs[i];
    void queue.add(() => started.push(i) && fn(), units === undefined ? {} : { units });
  }
  assert.deepEqual([queue.pending, queue.size], [3, 2]);
  await settle();
  assert.deepEqual(started, [0, 1, 2]);
  gates[0]!.open();
  await settle();
  assert.deepEqual(started, [0, 1, 2, 3]);
  for (const { open } of gates) open();
  await queue.onIdle();
  assert.equal(started.length, 5);
  await lot.close();
});

test('what can never run is refused, and those behind it run', async () => {
  const { lot, pool } = await opened({ max_units: 2 });
  const queue = new PQueue({ pool });
  const wide = queue.add(() => 1, { units: 3 });
  const next = queue.add(() => 2);
  await assert.rejects(wide, { code: 'cost_exceeds_capacity' });
  assert.equal(await next, 2);
  await pool.disable();
  await assert.rejects(
    queue.add(() => 3),
    { code: 'pool_disabled' },
  );
  await lot.close();
  await assert.rejects(
    queue.add(() => 4),
    ParkingLotError,
  );
  await queue.onIdle();
});

for (const max_units of [4, { cpu: 4, gpu: 9 }]) {
  test(`a job that waits in a pool and becomes too large for it is refused (${JSON.stringify(max_units)})`, async () => {
    const { lot, pool } = await opened({ max_units });
    const other = gate();
    const others = pool.run(other.fn, { units: typeof max_units === 'number' ? 4 : { cpu: 4 } });
    const queue = new PQueue({ pool });
    const wide = queue.add(() => 'never', { units: 4 });
    const next = queue.add(() => 'next', { units: 2 });
    await settle();
    await pool.reconfigure({ max_units: typeof max_units === 'number' ? 2 : { cpu: 2, gpu: 9 } });
    await assert.rejects(wide, { code: 'cost_exceeds_capacity', field: 'units' });
    assert.equal((await pool.stats()).running, 1);
    other.open();
    assert.equal(await next, 'next');
    await others;
    await queue.onIdle();
    assert.equal((await pool.stats()).parked, 0);
    await lot.close();
  });
}

test('a job runs once, also in a pool that repeats failed runs', async () => {
  const lot = await ParkingLot.open({
    pools: { jobs: { max_units: 1, retry: { max_attempts: 3, backoff: { initial: '1ms' } } } },
  });
  const queue = new PQueue({ pool: lot.pool('jobs') });
  let runs = 0;
  const fails = () => Promise.reject(new Error(`run ${++runs}`));
  const both = [queue.add(fails), queue.add(fails)];
  await assert.rejects(both[0]!, /run 1/);
  await assert.rejects(both[1]!, /run 2/);
  await lot.close();
});

test('what is no pool is refused when the queue is made', () => {
  for (const pool of [{}, 'jobs', null, { run() {} }]) {
    assert.throws(
      () => new PQueue({ pool: pool as never }),
      (error) => error instanceof TypeError && /`pool` to be a pool of an open lot/.test(error.message),
    );
  }
});

test('a pool that another realm leads, whose figures come later, keeps the order too', async () => {
  const { lot, pool: led } = await opened({ max_units: { cpu: 2, gpu: 8 }, max_queue_depth: 2 });
  const pool = {
    run: led.run.bind(led),
    stats: async () => {
      await turn();
      return led.stats();
    },
  } as unknown as typeof led;
  const queue = new PQueue({ pool });
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const all = Array.from({ length: 40 }, (_, i) =>
    queue.add(
      async () => {
        order.push(i);
        most = Math.max(most, ++running);
        await turn();
        await turn();
        running -= 1;
      },
      { priority: i },
    ),
  );
  await Promise.all(all);
  assert.equal(most, 2);
  assert.deepEqual(
    order,
    Array.from({ length: 40 }, (_, i) => 39 - i),
  );
  assert.equal(queue.concurrency, 2);
  await lot.close();
});
