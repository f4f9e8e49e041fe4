import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type Executor, type ExecutorEvents, ParkingLot, type Run } from 'prometheus-parking-lot';
import { manualClock } from 'prometheus-parking-lot/testing';
import { Gate, openLot } from './lot.js';

const config = { pools: { p: { max_units: 1 } } };

test('close settles every promise, aborts what runs, and may be called again', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, config, { handlers: { p: gate.handler } });
  const pool = lot.pool('p');
  const task = await pool.submit({});
  const parked = await pool.submit({});
  const progress = task.progress();
  const promises = [
    task.outcome(),
    task.result(),
    parked.outcome(),
    pool.run(() => 1),
    pool.submit({}),
    pool.status('x'),
  ];
  const draining = pool.drain();
  const rejections = [...promises, draining].map((promise) => assert.rejects(promise, { code: 'closed' }));
  const closing = lot.close();
  assert.equal(lot.close(), closing);
  await Promise.all([...rejections, closing]);
  assert.deepEqual(await progress.next(), { done: true, value: undefined });
  assert.equal(gate.calls[0]!.context.signal.aborted, true);
  gate.calls[0]!.resolve('nobody listens');
  await clock.settle();
  for (const call of [
    () => pool.submit({}),
    () => pool.run(() => 1),
    () => pool.stats(),
    () => lot.health(),
  ]) {
    await assert.rejects(call(), { code: 'closed' });
  }
  await assert.rejects(parked.cancel(), { code: 'closed' });
});

test('when the core stops, every promise rejects with internal_error, and nothing hangs', async (context) => {
  const clock = manualClock();
  let isBroken = false;
  const broken = {
    ...clock,
    wall: () => {
      if (isBroken) throw new WebAssembly.RuntimeError('unreachable');
      return clock.wall();
    },
  };
  const gate = new Gate();
  const lot = await ParkingLot.open(config, { clock: broken, handlers: { p: gate.handler } });
  context.after(() => lot.close());
  const task = await lot.pool('p').submit({});
  const run = lot.pool('p').run(() => 1);
  isBroken = true;
  const rejections = [task.outcome(), run, lot.pool('p').status('x')].map((promise) =>
    assert.rejects(promise, { code: 'internal_error', message: /unreachable/ }),
  );
  await Promise.all(rejections);
  await assert.rejects(lot.pool('p').submit({}), { code: 'internal_error' });
  await lot.close();
});

test('an executor that loses a run has it repeated up to max_lost, then it fails as lost', async (context) => {
  const starts: Run[] = [];
  let events: ExecutorEvents | undefined;
  const { lot, clock } = await openLot(context, config, {
    executors: {
      p: (given): Executor => {
        events = given;
        given.credits(1);
        return {
          start: (run) => void starts.push(run),
          stop: () => undefined,
          close: () => Promise.resolve(),
        };
      },
    },
  });
  const task = await lot.pool('p').submit({ payload: 'x', maxLost: 1 });
  assert.equal(starts.length, 1);
  assert.equal(starts[0]!.payload, 'x');
  assert.equal(starts[0]!.taskId, task.id);
  events!.failed(starts[0]!, new Error('worker died'), 'lost', true);
  await clock.settle();
  assert.deepEqual([starts.length, starts[1]!.attempt], [2, 2]);
  events!.finished(starts[0]!, 'a report of a run that is over');
  events!.failed(starts[1]!, new Error('again'), 'lost', false);
  const outcome = await task.outcome();
  assert.deepEqual([outcome.status, outcome.reason], ['failed', 'lost']);
  await assert.rejects(task.result(), { code: 'lost' });
  assert.equal((await lot.pool('p').stats()).unitsQuarantined, 1);
});

test('an executor that throws fails its run alone, and its units come back', async (context) => {
  const { lot, clock } = await openLot(
    context,
    { pools: { p: { max_units: 1 }, q: { max_units: 1 } } },
    {
      handlers: { q: (payload: string) => payload },
      executors: {
        p: (events): Executor => {
          events.credits(1);
          return {
            start: () => assert.fail('no start today'),
            stop: () => undefined,
            close: () => Promise.resolve(),
          };
        },
      },
    },
  );
  const [task, other] = await Promise.all([
    lot.pool('p').submit({ maxLost: 0 }),
    lot.pool('q').submit({ payload: 'done' }),
  ]);
  await clock.settle();
  const outcome = await task.outcome();
  assert.deepEqual([outcome.status, outcome.reason], ['failed', 'executor_failed']);
  assert.match((outcome.error as Error).message, /no start today/);
  assert.equal(await other.result(), 'done');
  assert.equal((await lot.pool('p').stats()).unitsInUse, 0);
});

test('an executor whose heartbeats stop has lost its run', async (context) => {
  const { lot, clock } = await openLot(
    context,
    { pools: { p: { max_units: 1, lease_secs: 30, quarantine_secs: 30 } } },
    {
      executors: {
        p: (events): Executor => {
          events.credits(1);
          return { start: () => undefined, stop: () => undefined, close: () => Promise.resolve() };
        },
      },
    },
  );
  const task = await lot.pool('p').submit({ maxLost: 0 });
  await clock.advance(30_000);
  assert.equal((await task.outcome()).reason, 'lost');
});

test('health is ok, says that nothing is durable, and counts each pool', async (context) => {
  const { lot } = await openLot(context, { pools: { a: { max_units: 2 }, 'the-other': { max_units: 3 } } });
  await lot.pool('a').run(() => 1);
  const health = await lot.health();
  assert.equal(health.status, 'ok');
  assert.equal(health.durability, 'volatile');
  assert.deepEqual(Object.keys(health.pools), ['a', 'the-other']);
  assert.equal(health.pools.a!.completed, 1);
  assert.equal(health.pools['the-other']!.unitsMax, 3);
  assert.ok(health.memoryBytes > 0);
});

test('two lots know nothing of each other', async (context) => {
  const { lot: first } = await openLot(context, config);
  const { lot: second } = await openLot(context, config);
  const gate = new Gate();
  const held = first.pool('p').run(gate.fn);
  assert.equal(await second.pool('p').run(() => 'free'), 'free');
  gate.calls[0]!.resolve(1);
  await held;
});

test('pools whose names look like numbers keep their own units', async (context) => {
  const { lot } = await openLot(context, { pools: { b: { max_units: 1 }, '7': { max_units: 7 } } });
  assert.equal((await lot.pool('7').stats()).unitsMax, 7);
  assert.equal((await lot.pool('b').stats()).unitsMax, 1);
});

test('results are let go when nobody can ask for them any more', async (context) => {
  const { lot } = await openLot(
    context,
    { pools: { p: { max_units: 4, task_retention_count: 5 } } },
    { handlers: { p: () => ({ big: new Array(1000).fill(0) }) } },
  );
  const kept: WeakRef<object>[] = [];
  for (let i = 0; i < 50; i++) {
    const task = await lot.pool('p').submit({});
    kept.push(new WeakRef((await task.result()) as object));
  }
  await new Promise((resolve) => setTimeout(resolve));
  (globalThis as { gc?: () => void }).gc!();
  const alive = kept.filter((reference) => reference.deref() !== undefined).length;
  assert.ok(alive <= 8, `${alive} of 50 results are still held`);
});

test('a Node process ends by itself when a lot is idle, and waits while a task is parked', async () => {
  const script = (body: string) => `
    import { ParkingLot } from 'prometheus-parking-lot';
    const lot = await ParkingLot.open({ pools: { p: { max_units: 1 } } });
    ${body}`;
  const node = (body: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(body)], {
      timeout: 20_000,
      cwd: new URL('..', import.meta.url),
    });
  await node(`await lot.pool('p').run(() => new Promise((done) => setTimeout(done, 10)));`);
  const { stdout } = await node(`
    await lot.pool('p').pause();
    lot.pool('p').run(() => 1, { deadline: '100ms' }).catch((error) => console.log(error.code));`);
  assert.equal(stdout.trim(), 'expired');
});
