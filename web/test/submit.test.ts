import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskContext } from 'prometheus-parking-lot';
import { Gate, openLot, stateOf } from './lot.js';

const oneUnit = { pools: { p: { max_units: 1 } } };

test('a submitted task runs in the handler of its pool and its outcome holds the result', async (context) => {
  const { lot, clock } = await openLot(
    context,
    { pools: { p: { max_units: 4 } } },
    { handlers: { p: async (payload: { n: number }, { attempt }: TaskContext) => payload.n * 10 + attempt } },
  );
  const task = await lot.pool('p').submit({ payload: { n: 4 }, units: 2 });
  assert.equal(task.statusAtSubmit, 'running');
  assert.equal(task.position, 0);
  assert.equal(task.durability, 'volatile');
  assert.equal(task.joined, false);
  assert.deepEqual(await task.outcome(), {
    taskId: task.id,
    pool: 'p',
    status: 'completed',
    result: 41,
    attempt: 1,
    finishedAt: new Date(clock.wall()),
  });
  assert.equal(await task.result(), 41);
});

test('a task parks when its units do not fit, says where it stands, and starts when they do', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const [first, second, third] = await Promise.all(
    [1, 2, 3].map((n) => lot.pool('p').submit({ payload: n })),
  );
  assert.deepEqual(
    [first, second, third].map((task) => [task!.statusAtSubmit, task!.position]),
    [
      ['running', 0],
      ['queued', 1],
      ['queued', 2],
    ],
  );
  const why = await third!.explain();
  assert.equal(why.waitsFor, 'capacity');
  assert.equal(why.position, 2);
  assert.equal(why.unitsAhead, 1);
  await third!.setPriority('critical');
  gate.calls[0]!.resolve('a');
  await clock.settle();
  assert.deepEqual(
    gate.calls.map((call) => call.payload),
    [1, 3],
  );
  assert.equal((await second!.status()).status, 'queued');
  await assert.rejects(third!.setPriority('low'), { code: 'wrong_state' });
});

test('outcome() never rejects for the task’s own failure; result() rejects with its own error', async (context) => {
  const error = new RangeError('own');
  const { lot } = await openLot(context, oneUnit, { handlers: { p: () => Promise.reject(error) } });
  const task = await lot.pool('p').submit({});
  const outcome = await task.outcome();
  assert.equal(outcome.status, 'failed');
  assert.equal(outcome.reason, 'task_failed');
  assert.equal(outcome.error, error);
  await assert.rejects(task.result(), (caught) => caught === error);
});

test('a cancelled task is dropped at once; its run is told to stop and holds its units until it has', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const task = await lot.pool('p').submit({});
  const parked = await lot.pool('p').submit({});
  assert.equal(await task.cancel(), true);
  assert.deepEqual([(await task.outcome()).status, (await task.outcome()).reason], ['dropped', 'cancelled']);
  await assert.rejects(task.result(), { code: 'cancelled', taskId: task.id });
  assert.equal(gate.calls[0]!.context.signal.aborted, true);
  assert.equal(await task.cancel(), false);
  assert.equal((await parked.status()).status, 'queued');
  gate.calls[0]!.resolve('too late');
  await clock.settle();
  assert.equal((await parked.status()).status, 'running');
  assert.equal((await task.outcome()).result, undefined);
});

test('units of a run that ignores its stop are quarantined after the grace, and come back after the quarantine', async (context) => {
  const gate = new Gate();
  const config = { pools: { p: { max_units: 1, kill_grace_secs: 5, quarantine_secs: 30 } } };
  const { lot, clock } = await openLot(context, config, { handlers: { p: gate.handler } });
  const task = await lot.pool('p').submit({});
  await task.cancel();
  await clock.advance(5000);
  assert.equal((await lot.pool('p').stats()).unitsQuarantined, 1);
  await clock.advance(30_000);
  assert.equal((await lot.pool('p').stats()).unitsInUse, 0);
});

test('a signal given to submit cancels the task, also before it was admitted', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const abort = new AbortController();
  const task = await lot.pool('p').submit({}, { signal: abort.signal });
  const early = new AbortController();
  const rejected = lot.pool('p').submit({}, { signal: early.signal });
  early.abort('changed my mind');
  await assert.rejects(rejected, { code: 'cancelled', cause: 'changed my mind' });
  abort.abort();
  assert.equal((await task.outcome()).reason, 'cancelled');
  await clock.settle();
  assert.equal((await lot.pool('p').stats()).dropped, 2);
  await assert.rejects(lot.pool('p').submit({}, { signal: abort.signal }), { code: 'cancelled' });
});

test('progress reaches every reader from the latest value on, and ends with the task', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const task = await lot.pool('p').submit({});
  const seen: unknown[] = [];
  const reader = (async () => {
    for await (const value of task.progress()) seen.push(value);
  })();
  const { progress } = gate.calls[0]!.context;
  progress(1);
  progress(2);
  await clock.settle();
  const late = task.progress();
  assert.deepEqual(await late.next(), { done: false, value: 2 });
  gate.calls[0]!.resolve('done');
  await reader;
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(await late.next(), { done: true, value: undefined });
  assert.deepEqual(await task.progress().next(), { done: false, value: 2 });
});

test('the same id with the same body joins; with another body it is refused; replace drops the parked one', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const pool = lot.pool('p');
  const first = await pool.submit({ taskId: 'a', payload: { x: 1, y: [2] } });
  const joined = await pool.submit({ taskId: 'a', payload: { y: [2], x: 1 } });
  assert.equal(joined.joined, true);
  assert.equal(joined.id, 'a');
  assert.equal(gate.calls.length, 1);
  await assert.rejects(pool.submit({ taskId: 'a', payload: { x: 2 } }), {
    code: 'duplicate_task',
    field: 'task_id',
  });
  const parked = await pool.submit({ taskId: 'b', payload: 1 });
  const replacing = await pool.submit({ taskId: 'b', payload: 2, dedup: 'replace' });
  assert.equal((await parked.outcome()).reason, 'replaced');
  gate.calls[0]!.resolve('both');
  assert.equal(await first.result(), 'both');
  assert.equal(await joined.result(), 'both');
  const afterwards = await pool.submit({ task_id: 'a', payload: { x: 1, y: [2] } });
  assert.equal(afterwards.joined, true);
  assert.equal(await afterwards.result(), 'both');
  await clock.settle();
  gate.calls[1]!.resolve('second');
  assert.equal(await replacing.result(), 'second');
  assert.equal((await pool.stats()).completed, 2);
});

test('who joined hears the end also if the first caller gave up before the task was admitted', async (context) => {
  const { lot } = await openLot(context, oneUnit, { handlers: { p: new Gate().handler } });
  const abort = new AbortController();
  const first = lot.pool('p').submit({ taskId: 'a' }, { signal: abort.signal });
  const joining = lot.pool('p').submit({ taskId: 'a' });
  abort.abort();
  await assert.rejects(first, { code: 'cancelled' });
  const joined = await joining;
  assert.equal(joined.joined, true);
  const { status, reason } = await joined.outcome();
  assert.deepEqual([status, reason], ['dropped', 'cancelled']);
});

test('a task may wait for startAfter, expire by its deadline, or run into its timeout', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const pool = lot.pool('p');
  const later = await pool.submit({ startAfter: '10s', timeout: '2s' });
  assert.equal((await later.explain()).waitsFor, 'start_after');
  assert.equal((await pool.stats()).waiting, 1);
  await clock.advance(10_000);
  assert.equal(gate.calls.length, 1);
  const doomed = await pool.submit({ deadline: new Date(clock.wall() + 1000) });
  await clock.advance(1000);
  assert.deepEqual(
    [(await doomed.outcome()).status, (await doomed.outcome()).reason],
    ['expired', 'deadline'],
  );
  await clock.advance(1000);
  assert.deepEqual(
    [(await later.outcome()).status, (await later.outcome()).reason],
    ['expired', 'timed_out'],
  );
  await assert.rejects(pool.submit({ deadline: clock.wall() - 1 }), { code: 'deadline_passed' });
});

test('without an executor a task stays parked and says so, and blocks nobody', async (context) => {
  const { lot, clock } = await openLot(context, oneUnit);
  const task = await lot.pool('p').submit({});
  assert.equal((await task.explain()).waitsFor, 'no_executor');
  assert.equal(await lot.pool('p').run(() => 'passes'), 'passes');
  await clock.settle();
  assert.equal(await stateOf(task.outcome()), 'pending');
});

test('status, explain, cancel and setPriority know a task by its id; tasks are listed page by page', async (context) => {
  const gate = new Gate();
  const { lot } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const pool = lot.pool('p');
  const spec = {
    tenant: 'acme',
    mailbox: { tenant: 'acme', user: 'ann' },
    kind: 'gpu_vram',
    units: 1,
  } as const;
  for (const taskId of ['a', 'b', 'c']) await pool.submit({ ...spec, taskId });
  const view = await pool.status('a');
  assert.equal(view.status, 'running');
  assert.equal(view.tenant, 'acme');
  assert.deepEqual(view.mailbox, { tenant: 'acme', user: 'ann' });
  assert.equal(view.kind, 'gpu_vram');
  assert.equal((await pool.explain('c')).position, 2);
  await pool.setPriority('c', 'high');
  assert.equal((await pool.status('c')).priority, 'high');
  const page = await pool.tasks({ status: 'queued', limit: 1 });
  assert.deepEqual(
    page.tasks.map((task) => task.taskId),
    ['b'],
  );
  const rest = await pool.tasks({ status: 'queued', after: page.next! });
  assert.deepEqual(
    rest.tasks.map((task) => task.taskId),
    ['c'],
  );
  assert.equal(rest.next, undefined);
  await pool.cancel('b');
  assert.equal((await pool.status('b')).outcome?.reason, 'cancelled');
  await assert.rejects(pool.cancel('b'), { code: 'wrong_state' });
  await assert.rejects(pool.status('nobody'), { code: 'unknown_task' });
  assert.equal(await pool.cancelTenant('acme'), 2);
});

test('a drain that is called off says so', async (context) => {
  const gate = new Gate();
  const { lot } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const pool = lot.pool('p');
  await pool.submit({});
  await pool.submit({});
  const drained = pool.drain();
  await pool.pause();
  assert.equal(await drained, false);
});

test('the bytes of another type are another body', async (context) => {
  const { lot } = await openLot(context, oneUnit, { handlers: { p: new Gate().handler } });
  const pool = lot.pool('p');
  await pool.submit({ taskId: 'a', payload: new Uint8Array([1]) });
  assert.equal((await pool.submit({ taskId: 'a', payload: new Uint8Array([1]) })).joined, true);
  await assert.rejects(pool.submit({ taskId: 'a', payload: new Int8Array([1]) }), { code: 'duplicate_task' });
});

test('a payload that submits a task while it is read is refused, and the other task is its own', async (context) => {
  const { lot } = await openLot(context, oneUnit, { handlers: { p: new Gate().handler } });
  const pool = lot.pool('p');
  let inner: ReturnType<typeof pool.submit> | undefined;
  const payload = {
    get field() {
      inner ??= pool.submit({ taskId: 'inner' });
      return 1;
    },
  };
  await assert.rejects(pool.submit({ taskId: 'outer', payload }), { code: 'invalid_task' });
  assert.equal((await inner!).id, 'inner');
  assert.equal((await pool.tasks()).tasks.length, 1);
});

test('pause parks, resume starts, drain refuses and ends when nothing is left, disable starts nothing', async (context) => {
  const gate = new Gate();
  const { lot, clock } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const pool = lot.pool('p');
  await pool.pause();
  const task = await pool.submit({});
  assert.equal((await task.explain()).waitsFor, 'paused');
  await pool.resume();
  assert.equal(gate.calls.length, 1);
  const parked = await pool.submit({});
  const drained = pool.drain();
  await clock.settle();
  await assert.rejects(pool.submit({}), { code: 'pool_disabled' });
  gate.calls[0]!.resolve(1);
  await clock.settle();
  assert.equal(await stateOf(drained), 'pending');
  gate.calls[1]!.resolve(2);
  assert.equal(await drained, true);
  assert.equal(await parked.result(), 2);
  await pool.disable();
  assert.equal((await pool.stats()).state, 'disabled');
  await assert.rejects(pool.submit({}), { code: 'pool_disabled' });
});

test('leaving a block that owns a task cancels it', async (context) => {
  const gate = new Gate();
  const { lot } = await openLot(context, oneUnit, { handlers: { p: gate.handler } });
  const task = await lot.pool('p').submit({});
  await task[Symbol.asyncDispose]();
  assert.equal((await task.outcome()).reason, 'cancelled');
});

test('a submission that its signal has rejected is not rejected once more when the lot closes', async (context) => {
  const { lot } = await openLot(context, oneUnit);
  const abort = new AbortController();
  const rejected = lot.pool('p').submit({}, { signal: abort.signal });
  abort.abort();
  // A second rejection would have nobody to see it, and end this process.
  const closed = lot.close();
  await assert.rejects(rejected, { code: 'cancelled' });
  await closed;
});

test('a pool that counts several resources shows the units of each', async (context) => {
  const gate = new Gate();
  const { lot } = await openLot(
    context,
    { pools: { p: { max_units: { cpu: 4, gpu: 2 } } } },
    { handlers: { p: gate.handler } },
  );
  const pool = lot.pool('p');
  await pool.submit({ taskId: 'a', units: { cpu: 3, gpu: 1 } });
  await pool.submit({ taskId: 'b', units: { cpu: 2 } });
  await pool.submit({ taskId: 'c', units: { cpu: 4, gpu: 2 } });
  const why = await pool.explain('c');
  assert.deepEqual(why.units, { cpu: 4, gpu: 2 });
  assert.deepEqual(why.unitsUsed, { cpu: 4, gpu: 2 });
  assert.deepEqual(why.unitsAhead, { cpu: 2, gpu: 0 });
  assert.deepEqual(why.unitsFree, { cpu: 1, gpu: 1 });
  assert.deepEqual((await pool.explain('a')).unitsAhead, { cpu: 0, gpu: 0 });
  const { unitsMax, unitsInUse, unitsQuarantined, resources } = await pool.stats();
  assert.deepEqual(
    [unitsMax, unitsInUse, unitsQuarantined],
    [
      { cpu: 4, gpu: 2 },
      { cpu: 3, gpu: 1 },
      { cpu: 0, gpu: 0 },
    ],
  );
  assert.deepEqual(resources, {
    cpu: { unitsMax: 4, unitsInUse: 3, unitsQuarantined: 0 },
    gpu: { unitsMax: 2, unitsInUse: 1, unitsQuarantined: 0 },
  });
  await assert.rejects(pool.submit({ units: { cpu: 5 } }), {
    code: 'cost_exceeds_capacity',
    field: 'units',
  });
});

test('the explanation of a task that has ended has its outcome', async (context) => {
  const { lot } = await openLot(context, oneUnit, {
    handlers: {
      p: async (n: number) => {
        if (n < 0) throw new Error('negative');
        return { n };
      },
    },
  });
  const done = await lot.pool('p').submit({ payload: 7 });
  const failed = await lot.pool('p').submit({ payload: -7 });
  const outcomes = [await done.outcome(), await failed.outcome()];
  assert.deepEqual((await done.explain()).outcome, outcomes[0]);
  assert.deepEqual((await failed.explain()).outcome, outcomes[1]);
  assert.deepEqual((await done.explain()).outcome?.result, { n: 7 });
});

test('the lag between tenants is told in milliseconds of the whole pool, whatever the pool counts', async (context) => {
  const fair = { fairness: 'tenant' } as const;
  const { lot } = await openLot(context, {
    pools: {
      plain: { max_units: 2, ...fair },
      named: { max_units: { cpu: 2 }, ...fair },
      unbounded: { max_units: 2, ...fair, starvation_guard_secs: 0 },
    },
  });
  const [plain, named, unbounded] = await Promise.all(
    (['plain', 'named', 'unbounded'] as const).map((name) => lot.pool(name).stats()),
  );
  assert.equal(plain!.fairnessLagBound, 30_000); // the guard's time
  assert.equal(named!.fairnessLagBound, 30_000);
  assert.equal(unbounded!.fairnessLagBound, Number.POSITIVE_INFINITY);
});
