import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { TaskContext } from 'prometheus-parking-lot';
import { Gate, openLot, stateOf } from './lot.js';

test('run resolves with what the function returns, whether it returns a promise or a value', async (context) => {
  const { lot } = await openLot(context, { pools: { p: { max_units: 1 } } });
  assert.equal(await lot.pool('p').run(async () => 42), 42);
  assert.equal(await lot.pool('p').run(() => 'now'), 'now');
  assert.equal(await lot.pool('p').run(() => undefined), undefined);
});

test('run rejects with the very error of the function', async (context) => {
  const { lot } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const error = new TypeError('mine');
  await assert.rejects(
    lot.pool('p').run(async () => Promise.reject(error)),
    (caught) => caught === error,
  );
  await assert.rejects(
    lot.pool('p').run(() => {
      throw error;
    }),
    (caught) => caught === error,
  );
  assert.equal((await lot.pool('p').stats()).unitsInUse, 0);
});

test('run waits until the units it needs are free, and a higher priority goes first', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 4, policy: 'strict' } } });
  const gate = new Gate();
  const order: string[] = [];
  const first = lot.pool('p').run(gate.fn, { units: 3 });
  await clock.settle();
  const low = lot.pool('p').run(() => order.push('low'), { units: 2, priority: 'low' });
  const high = lot.pool('p').run(() => order.push('high'), { units: 4, priority: 'high' });
  await clock.settle();
  assert.deepEqual(order, []);
  assert.equal((await lot.pool('p').stats()).parked, 2);
  gate.calls[0]!.resolve('done');
  await Promise.all([first, low, high]);
  assert.deepEqual(order, ['high', 'low']);
});

test('an aborted signal rejects at once, aborts the function, and keeps the units until it has returned', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const gate = new Gate();
  const abort = new AbortController();
  const running = lot.pool('p').run(gate.fn, { signal: abort.signal });
  await clock.settle();
  const { signal } = gate.calls[0]!.context;
  abort.abort(new Error('enough'));
  await assert.rejects(running, { code: 'cancelled', name: 'ParkingLotError', cause: new Error('enough') });
  await clock.settle();
  assert.equal(signal.aborted, true);
  const next = lot.pool('p').run(() => 'next');
  await clock.settle();
  assert.equal(await stateOf(next), 'pending');
  gate.calls[0]!.resolve('late');
  assert.equal(await next, 'next');
});

test('an aborted signal takes a parked run out of the queue; one aborted before never enters it', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const gate = new Gate();
  const first = lot.pool('p').run(gate.fn);
  const abort = new AbortController();
  let ran = false;
  const parked = lot.pool('p').run(() => (ran = true), { signal: abort.signal });
  await clock.settle();
  abort.abort();
  await assert.rejects(parked, { code: 'cancelled' });
  await assert.rejects(
    lot.pool('p').run(() => 1, { signal: abort.signal }),
    { code: 'cancelled' },
  );
  gate.calls[0]!.resolve(1);
  await first;
  const stats = await lot.pool('p').stats();
  assert.equal(ran, false);
  assert.equal(stats.dropped, 1);
  assert.equal(stats.admitted, 2);
});

test('however many calls wait for one signal, it has one listener, and all are cancelled', async (context) => {
  const { lot } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const abort = new AbortController();
  const gate = new Gate();
  const held = lot.pool('p').run(gate.fn);
  const options = { signal: abort.signal };
  const runs = Array.from({ length: 20 }, () => lot.pool('p').run(() => 1, options));
  const tasks = await Promise.all(Array.from({ length: 20 }, () => lot.pool('p').submit({}, options)));
  assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
  abort.abort();
  for (const run of runs) await assert.rejects(run, { code: 'cancelled' });
  for (const task of tasks) assert.equal((await task.outcome()).reason, 'cancelled');
  gate.calls[0]!.resolve(1);
  await held;
});

test('a signal aborted in the same turn as run cancels it as well', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const abort = new AbortController();
  const calls: TaskContext[] = [];
  const run = lot.pool('p').run((each) => void calls.push(each), { signal: abort.signal });
  abort.abort();
  await assert.rejects(run, { code: 'cancelled' });
  await clock.settle();
  assert.equal((await lot.pool('p').stats()).unitsInUse, 0);
});

test('a deadline that passes while the run is parked rejects it as expired, at that moment', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const gate = new Gate();
  const first = lot.pool('p').run(gate.fn);
  const late = lot.pool('p').run(() => 1, { deadline: '30s' });
  const expiry = assert.rejects(late, { code: 'expired', reason: 'deadline' });
  await clock.advance(29_999);
  assert.equal((await lot.pool('p').stats()).parked, 1);
  await clock.advance(1);
  await expiry;
  gate.calls[0]!.resolve(1);
  await first;
});

test('a timeout rejects the run as expired and aborts its signal; its units come back when it returns', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1, default_timeout_secs: 60 } } });
  const gate = new Gate();
  const own = lot.pool('p').run(gate.fn, { timeout: '5s' });
  const expiry = assert.rejects(own, { code: 'expired', reason: 'timed_out' });
  await clock.advance(5000);
  await expiry;
  const { signal } = gate.calls[0]!.context;
  assert.equal(signal.aborted, true);
  assert.equal((signal.reason as { code: string }).code, 'expired');
  assert.equal((await lot.pool('p').stats()).unitsInUse, 1);
  gate.calls[0]!.resolve(1);
  await clock.settle();
  assert.equal((await lot.pool('p').stats()).unitsInUse, 0);
  const byDefault = assert.rejects(lot.pool('p').run(gate.fn), { reason: 'timed_out' });
  await clock.advance(60_000);
  await byDefault;
});

test('a run may last for hours: the realm itself is its sign of life', async (context) => {
  const { lot, clock } = await openLot(context, {
    pools: { p: { max_units: 2, lease_secs: 30, heartbeat_secs: 10 } },
  });
  const gate = new Gate<string>();
  const long = lot.pool('p').run(gate.fn);
  await clock.advance(3 * 3_600_000);
  assert.equal(gate.calls.length, 1);
  gate.calls[0]!.resolve('at last');
  assert.equal(await long, 'at last');
  assert.equal((await lot.pool('p').stats()).completed, 1);
});

test('a failing function is tried again as often as retry says, after the backoff', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const attempts: number[] = [];
  const retry = { maxAttempts: 3, backoff: { initial: '1s', factorPercent: 200 } };
  const run = lot.pool('p').run(
    ({ attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error(`attempt ${attempt}`);
      return 'third time lucky';
    },
    { retry },
  );
  await clock.advance(1000);
  assert.deepEqual(attempts, [1, 2]);
  await clock.advance(2000);
  assert.equal(await run, 'third time lucky');
  const hopeless = assert.rejects(
    lot.pool('p').run(({ attempt }) => Promise.reject(new Error(`failure ${attempt}`)), { retry }),
    { message: 'failure 3' },
  );
  await clock.advance(3000);
  await hopeless;
});

test('progress goes to onProgress, and what a run really uses counts', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 8 } } });
  const gate = new Gate();
  const values: unknown[] = [];
  const run = lot.pool('p').run(gate.fn, { units: 2, onProgress: (value) => values.push(value) });
  await clock.settle();
  const { progress, reportUsage, signal } = gate.calls[0]!.context;
  progress(0.5);
  reportUsage(7);
  assert.throws(() => reportUsage(-1), {
    message: /^units: must be a whole number from 0 to 9007199254740991, got -1$/,
  });
  assert.deepEqual(values, [0.5]);
  assert.equal((await lot.pool('p').stats()).unitsInUse, 7);
  assert.equal(signal.aborted, false);
  gate.calls[0]!.resolve(1);
  await run;
});

test('a refused run rejects with the refusal', async (context) => {
  const { lot, clock } = await openLot(context, {
    pools: { p: { max_units: 2, max_queue_depth: 1 }, off: { max_units: 0 } },
  });
  const gate = new Gate();
  const running = [lot.pool('p').run(gate.fn, { units: 2 }), lot.pool('p').run(gate.fn)];
  await clock.settle();
  await assert.rejects(
    lot.pool('p').run(() => 1),
    { code: 'queue_full', message: /retry later or raise max_queue_depth/ },
  );
  await assert.rejects(
    lot.pool('p').run(() => 1, { units: 3 }),
    { code: 'cost_exceeds_capacity', message: /^units: / },
  );
  await assert.rejects(
    lot.pool('off').run(() => 1),
    { code: 'pool_disabled' },
  );
  gate.calls[0]!.resolve(1);
  await clock.settle();
  gate.calls[1]!.resolve(1);
  await Promise.all(running);
});

test('a function that runs may submit, run and close from inside', async (context) => {
  const { lot } = await openLot(context, { pools: { p: { max_units: 2 } } });
  const nested = await lot.pool('p').run(async () => (await lot.pool('p').run(() => 20)) + 22);
  assert.equal(nested, 42);
  await assert.rejects(
    lot.pool('p').run(() => lot.close()),
    { code: 'closed' },
  );
});

test('a result whose `then` cannot be read fails its run alone', async (context) => {
  const { lot } = await openLot(context, { pools: { p: { max_units: 2 } } });
  const unreadable = {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    get then(): never {
      throw new Error('no');
    },
  };
  const pool = lot.pool('p');
  const runs = [pool.run(() => unreadable as never), pool.run(() => 'well'), pool.run(() => 'after')];
  await assert.rejects(runs[0]!, { message: 'no' });
  assert.deepEqual(await Promise.all(runs.slice(1)), ['well', 'after']);
  assert.equal((await pool.stats()).unitsInUse, 0);
});

test('a thenable that settles again later changes nothing, not even the run that has its place by then', async (context) => {
  const { lot, clock } = await openLot(context, { pools: { p: { max_units: 1 } } });
  const gate = new Gate<string>();
  let again: (() => void) | undefined;
  const unruly = {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    then(done: (value: string) => void, fail: (error: unknown) => void) {
      done('first');
      again = () => {
        done('second');
        fail(new Error('third'));
      };
    },
  } as PromiseLike<string>;
  assert.equal(await lot.pool('p').run(() => unruly), 'first');
  const next = lot.pool('p').run(gate.fn);
  await clock.settle();
  again!();
  await clock.settle();
  assert.equal(await stateOf(next), 'pending');
  gate.calls[0]!.resolve('next');
  assert.equal(await next, 'next');
  assert.equal((await lot.pool('p').stats()).completed, 2);
});

test('worker_count bounds how many functions run at once, and how many runs a handler has, whatever they cost', async (context) => {
  let running = 0;
  let most = 0;
  const job = async () => {
    most = Math.max(most, ++running);
    for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (running === 0 && most === 1) throw new Error('a failed run gives its place back as well');
  };
  const { lot } = await openLot(
    context,
    { pools: { one: { max_units: 8, worker_count: 1 }, two: { max_units: 8, worker_count: 2 } } },
    { handlers: { one: job, two: job } },
  );
  for (const [name, count] of [
    ['one', 1],
    ['two', 2],
  ] as const) {
    const pool = lot.pool(name);
    most = 0;
    await Promise.allSettled(Array.from({ length: 6 }, () => pool.run(job)));
    assert.equal(most, count);
    most = 0;
    const tasks = await Promise.all(Array.from({ length: 6 }, () => pool.submit({})));
    await Promise.all(tasks.map((task) => task.outcome()));
    assert.equal(most, count);
  }
});
