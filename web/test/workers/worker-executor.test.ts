import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test as nodeTest, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type WorkerSource, workerExecutor } from '../../src/executor/workers/worker-executor.js';
import { openExecutor } from './recorder.js';
import { bundle, thread } from './thread-worker.js';

const echo = thread('serveTasks((payload) => payload)');
const endless = 'for (;;) {}';

function test(name: string, body: (context: TestContext) => Promise<void>): void {
  nodeTest(name, { timeout: 30_000 }, body);
}

/** Closed at the end of the test, whatever comes of it. */
function open(context: TestContext, source: WorkerSource) {
  const opened = openExecutor(workerExecutor(source, 'workers.p'));
  context.after(() => opened.executor.close());
  return opened;
}

test('a task runs in a worker thread and its result comes back', async (context) => {
  const { events, executor } = open(context, echo);
  const run = events.run({ prompt: 'hello', bytes: new Uint8Array([1, 2, 3]) });
  executor.start(run);
  const ending = await events.ending(run);
  assert.deepEqual(ending.result, { prompt: 'hello', bytes: new Uint8Array([1, 2, 3]) });
  assert.deepEqual(events.log, ['running t1', 'finished t1']);
});

test('the handler is told which task and attempt it runs, and what it says arrives', async (context) => {
  const script = `serveTasks(async (payload, { taskId, attempt, units, progress, reportUsage }) => {
    progress({ done: 0.5 }); reportUsage(3); return [taskId, attempt, units];
  })`;
  const { events, executor } = open(context, thread(script));
  const run = events.run();
  executor.start(run);
  assert.deepEqual((await events.ending(run)).result, ['t1', 1, 2]);
  assert.deepEqual(events.log, ['running t1', 'progress t1', 'usage 3 t1', 'finished t1']);
  assert.deepEqual(events.progressed, [{ done: 0.5 }]);
});

test('workers are made when they are needed, up to the size, and kept warm', async (context) => {
  let made = 0;
  const create = () => {
    made += 1;
    return echo();
  };
  const { events, executor } = open(context, { create, size: 2 });
  assert.deepEqual(events.offered, [2]);
  await Promise.resolve();
  assert.equal(made, 0);
  for (let round = 0; round < 3; round += 1) {
    const pair = [events.run(round), events.run(round)];
    for (const run of pair) executor.start(run);
    await Promise.all(pair.map((run) => events.ending(run)));
  }
  assert.equal(made, 2);
});

test('a run that comes when every place is taken waits for one and is not lost', async (context) => {
  const { events, executor } = open(context, { create: echo, size: 1 });
  const runs = Array.from({ length: 5 }, () => events.run());
  for (const run of runs) executor.start(run);
  await Promise.all(runs.map((run) => events.ending(run)));
  assert.equal(events.count('finished t5'), 1);
});

test('a worker with concurrency 3 runs three tasks at a time', async (context) => {
  const script =
    'let n = 0; serveTasks(() => new Promise((done) => { const until = () => n === 3 ? done(n) : setImmediate(until); n += 1; until(); }))';
  let made = 0;
  const create = () => {
    made += 1;
    return thread(script)();
  };
  const { events, executor } = open(context, { create, size: 1, concurrency: 3 });
  assert.deepEqual(events.offered, [3]);
  const runs = [events.run(), events.run(), events.run()];
  for (const run of runs) executor.start(run);
  for (const run of runs) assert.equal((await events.ending(run)).result, 3);
  assert.equal(made, 1);
});

test('what a handler throws fails the task with its name, message and stack, and the worker lives on', async (context) => {
  const { events, executor } = open(
    context,
    thread(
      'let n = 0; serveTasks(() => { n += 1; if (n === 1) throw new RangeError("too deep"); return n; })',
    ),
  );
  const [first, second] = [events.run(), events.run()];
  executor.start(first);
  const { error, reason, unitsFreed } = await events.ending(first);
  assert.equal(error?.name, 'RangeError');
  assert.equal(error?.message, 'too deep');
  assert.match(error?.stack ?? '', /too deep/);
  assert.deepEqual([reason, unitsFreed], ['task_failed', true]);
  executor.start(second);
  assert.equal((await events.ending(second)).result, 2);
});

for (const [what, expression] of [
  ['a proxy that traps everything', 'new Proxy({}, { has() { throw 1 } })'],
  ['an error whose message throws', '{ get message() { throw new Error("read") } }'],
  ['an object whose message has no text', '{ message: Object.create(null) }'],
] as const) {
  test(`${what}, thrown by a handler, fails its task, and the worker lives on`, async (context) => {
    const script = `serveTasks((payload) => { if (payload === 'bad') throw ${expression}; return payload; })`;
    const { events, executor } = open(context, { create: thread(script), size: 1 });
    const run = events.run('bad');
    executor.start(run);
    const { error, reason } = await events.ending(run);
    assert.equal(error?.message, 'a value that cannot be shown was thrown');
    assert.equal(reason, 'task_failed');
    const next = events.run('good');
    executor.start(next);
    assert.equal((await events.ending(next)).result, 'good');
  });
}

test('what a task says after its end is not taken for the next one, whose run has the same id', async (context) => {
  const script = `let late; serveTasks((payload, { progress, reportUsage }) => {
    if (payload === 'first') late = () => { progress('of the first'); reportUsage(7); };
    else { late(); progress('of the second'); }
  })`;
  const { events, executor } = open(context, { create: thread(script), size: 1 });
  const first = events.run('first');
  executor.start(first);
  await events.ending(first);
  const second = { ...events.run('second'), id: first.id };
  executor.start(second);
  await events.ending(second);
  assert.deepEqual(events.progressed, ['of the second']);
  assert.equal(events.count('usage 7 t2'), 0);
});

for (const message of [
  `{ parkingLot: 'failed', run: 1 }`,
  `{ parkingLot: 'crashed' }`,
  `{ parkingLot: 'usage', run: 1, units: 5n }`,
  `{ parkingLot: 'ready', lock: 1 }`,
]) {
  test(`a worker that sends ${message} is replaced, and its task fails`, async (context) => {
    const script = `import { parentPort } from 'node:worker_threads';
    serveTasks((payload) => payload === 'bad' ? new Promise(() => parentPort.postMessage(${message})) : payload)`;
    const { events, executor } = open(context, { create: thread(script), size: 1 });
    const run = events.run('bad');
    executor.start(run);
    const { error, reason, unitsFreed } = await events.ending(run);
    assert.match(error?.message ?? '', /malformed '\w+': its serveTasks may be of another version/);
    assert.deepEqual([reason, unitsFreed], ['task_failed', true]);
    const next = events.run('good');
    executor.start(next);
    assert.equal((await events.ending(next)).result, 'good');
  });
}

for (const [what, body] of [
  ['an unhandled rejection', 'Promise.reject(new Error("nobody looked"))'],
  ['a throwing timer', 'setTimeout(() => { throw new Error("nobody looked") })'],
] as const) {
  test(`${what} in a continuation fails its task, and the next one gets a fresh worker`, async (context) => {
    const script = `let n = 0; serveTasks((payload) => { n += 1; if (payload !== 'bad') return n; ${body}; return new Promise(() => {}); })`;
    const { events, executor } = open(context, { create: thread(script), size: 1 });
    const [good, bad, next] = [events.run(), events.run('bad'), events.run()];
    executor.start(good);
    assert.equal((await events.ending(good)).result, 1);
    executor.start(bad);
    const { error, reason, unitsFreed } = await events.ending(bad);
    assert.deepEqual([error?.message, reason, unitsFreed], ['nobody looked', 'task_failed', true]);
    executor.start(next);
    assert.equal((await events.ending(next)).result, 1);
  });
}

test('an uncaught error among several tasks of one worker loses them all, so that they are repeated', async (context) => {
  const script =
    'serveTasks((payload) => { if (payload === "bad") setTimeout(() => { throw new Error("whose?") }); return new Promise(() => {}); })';
  const { events, executor } = open(context, { create: thread(script), size: 1, concurrency: 2 });
  const runs = [events.run(), events.run('bad')];
  for (const run of runs) executor.start(run);
  for (const run of runs) assert.equal((await events.ending(run)).reason, 'lost');
});

test('a worker that exits in the middle of a task loses it with its units free', async (context) => {
  const { events, executor } = open(context, thread('serveTasks(() => process.exit(7))'));
  const run = events.run();
  executor.start(run);
  const { error, reason, unitsFreed } = await events.ending(run);
  assert.deepEqual([reason, unitsFreed], ['lost', true]);
  assert.match(error?.message ?? '', /exit code 7/);
});

test('a worker that is terminated from outside while it computes loses its task', async (context) => {
  let worker: ReturnType<typeof echo> | undefined;
  const create = () => {
    worker = thread(`serveTasks(() => { ${endless} })`)();
    return worker;
  };
  const { events, executor } = open(context, create);
  const run = events.run();
  executor.start(run);
  await events.until(() => events.count('running t1') === 1);
  await worker?.terminate();
  assert.equal((await events.ending(run)).reason, 'lost');
});

test('a factory that throws is reported with the pool, and the credits stay away while it backs off', async (context) => {
  let made = 0;
  const create = () => {
    made += 1;
    if (made <= 2) throw new Error('no such script');
    return echo();
  };
  const { events, clock, executor } = open(context, { create, size: 2 });
  const first = events.run();
  executor.start(first);
  const { error, reason, unitsFreed } = await events.ending(first);
  assert.deepEqual([reason, unitsFreed], ['executor_failed', true]);
  assert.equal(error?.message, 'the worker of pool llm did not start: no such script');
  assert.equal(events.offered.at(-1), 0);

  clock.advance(249);
  assert.equal(events.offered.at(-1), 0);
  clock.advance(1);
  assert.equal(events.offered.at(-1), 2);

  const second = events.run();
  executor.start(second);
  await events.ending(second);
  clock.advance(499);
  assert.equal(events.offered.at(-1), 0);
  clock.advance(1);
  const third = events.run('up again');
  executor.start(third);
  assert.equal((await events.ending(third)).result, 'up again');
  assert.equal(made, 3);
});

test('a run that comes during a backoff waits for its end', async (context) => {
  let made = 0;
  const create = () => {
    made += 1;
    if (made === 1) throw new Error('not yet');
    return echo();
  };
  const { events, clock, executor } = open(context, create);
  const [first, second] = [events.run(), events.run('late')];
  executor.start(first);
  await events.ending(first);
  executor.start(second);
  await Promise.resolve();
  assert.equal(made, 1);
  clock.advance(250);
  assert.equal((await events.ending(second)).result, 'late');
});

test('a script that throws before it is ready is reported as not started', async (context) => {
  const { events, executor } = open(context, thread('throw new Error("bad import")'));
  const run = events.run();
  executor.start(run);
  const { error, reason } = await events.ending(run);
  assert.equal(reason, 'executor_failed');
  assert.match(error?.message ?? '', /did not start: bad import/);
});

test('a script that never calls serveTasks is given up when the start-up time is over', async (context) => {
  const { events, clock, executor } = open(context, {
    create: thread('setInterval(() => {}, 1000)'),
    startupTimeoutMs: 2000,
  });
  const run = events.run();
  executor.start(run);
  await Promise.resolve();
  clock.advance(2000);
  const { error, reason } = await events.ending(run);
  assert.equal(reason, 'executor_failed');
  assert.match(error?.message ?? '', /did not call serveTasks within 2000 ms/);
});

test('a factory that returns no worker is told so', async (context) => {
  const { events, executor } = open(context, (() => ({})) as never);
  const run = events.run();
  executor.start(run);
  assert.match((await events.ending(run)).error?.message ?? '', /must return a new Worker/);
});

test('a payload that cannot be cloned fails its task with a clear text', async (context) => {
  const { events, executor } = open(context, echo);
  const run = events.run({ callback: () => undefined });
  executor.start(run);
  const { error, reason } = await events.ending(run);
  assert.equal(reason, 'task_failed');
  assert.match(error?.message ?? '', /payload of task t1 cannot be sent to a worker/);
});

test('a result that cannot be cloned fails its task with a clear text', async (context) => {
  const { events, executor } = open(context, thread('serveTasks(() => () => 1)'));
  const run = events.run();
  executor.start(run);
  const { error, reason } = await events.ending(run);
  assert.equal(reason, 'task_failed');
  assert.match(error?.message ?? '', /result of task t1 cannot leave its worker/);
});

test('progress that cannot be cloned throws in the handler, which may go on', async (context) => {
  const { events, executor } = open(
    context,
    thread('serveTasks((p, { progress }) => { try { progress(() => 1) } catch (e) { return e.name } })'),
  );
  const run = events.run();
  executor.start(run);
  assert.equal((await events.ending(run)).result, 'DataCloneError');
});

test('a transferred buffer is moved out of the worker, not copied', async (context) => {
  const script = `serveTasks((payload, { progress }) => {
    const pixels = new Uint8Array(1024).fill(7);
    progress(transfer({ pixels }, [pixels.buffer]));
    return pixels.buffer.byteLength;
  })`;
  const { events, executor } = open(context, thread(script));
  const run = events.run();
  executor.start(run);
  assert.equal((await events.ending(run)).result, 0);
  assert.equal((events.progressed[0] as { pixels: Uint8Array }).pixels[1023], 7);
});

test('reportUsage refuses what is not a whole number of units', async (context) => {
  const { events, executor } = open(context, thread('serveTasks((p, { reportUsage }) => reportUsage(1.5))'));
  const run = events.run();
  executor.start(run);
  const { error } = await events.ending(run);
  assert.equal(error?.name, 'RangeError');
  assert.match(error?.message ?? '', /whole number/);
});

test('a stop aborts the signal, and the run ends when its handler does', async (context) => {
  const script = `serveTasks((payload, { signal }) => new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason.name + ': ' + signal.reason.message));
  }))`;
  const { events, executor } = open(context, thread(script));
  const run = events.run();
  executor.start(run);
  await events.until(() => events.count('running t1') === 1);
  executor.stop(run, 'cancelled');
  assert.equal((await events.ending(run)).result, 'AbortError: the task was stopped: cancelled');
});

test('a stop of a run whose worker is not ready yet ends it at once', async (context) => {
  const { events, executor } = open(context, echo);
  const run = events.run();
  executor.start(run);
  executor.stop(run, 'cancelled');
  assert.match((await events.ending(run)).error?.message ?? '', /stopped before it began/);
  assert.equal(events.count('running t1'), 0);
});

test('a handler that ignores its stop is ended with its worker after the grace, and its place is used again', async (context) => {
  const script = `serveTasks((payload) => { if (payload === 'hang') { ${endless} } return payload; })`;
  const { events, clock, executor } = open(context, { create: thread(script), size: 1 });
  const [hanging, next] = [events.run('hang'), events.run('next')];
  executor.start(hanging);
  await events.until(() => events.count('running t1') === 1);
  executor.stop(hanging, 'timed_out');
  clock.advance(499);
  assert.equal(events.endings.length, 0);
  clock.advance(1);
  const { error, unitsFreed } = await events.ending(hanging);
  assert.equal(unitsFreed, true);
  assert.match(error?.message ?? '', /did not stop within 500 ms/);
  executor.start(next);
  assert.equal((await events.ending(next)).result, 'next');
});

test('a worker that computes for long keeps its lease: heartbeats go on although it answers no ping', async (context) => {
  const { events, clock, executor } = open(context, thread(`serveTasks(() => { ${endless} })`));
  const run = events.run();
  executor.start(run);
  await events.until(() => events.count('running t1') === 1);
  for (let pulse = 0; pulse < 500; pulse += 1) clock.advance(500);
  assert.equal(events.count('heartbeat t1'), 500);
  executor.stop(run, 'timed_out');
  clock.advance(500);
  assert.match((await events.ending(run)).error?.message ?? '', /did not stop within/);
});

test('a worker that never says that it runs its task is replaced', async (context) => {
  const script = `serveTasks(() => { setImmediate(() => { ${endless} }); return 1; })`;
  const { events, clock, executor } = open(context, { create: thread(script), size: 1 });
  const first = events.run();
  executor.start(first);
  assert.equal((await events.ending(first)).result, 1);
  const second = events.run();
  executor.start(second);
  for (let pulse = 0; pulse < 4; pulse += 1) clock.advance(500);
  const { error, reason, unitsFreed } = await events.ending(second);
  assert.deepEqual([reason, unitsFreed], ['lost', true]);
  assert.match(error?.message ?? '', /has not answered for/);
});

test('an idle worker that crashes is replaced without a report', async (context) => {
  const workers: Array<ReturnType<typeof echo>> = [];
  const create = () => {
    workers.push(echo());
    return workers.at(-1)!;
  };
  const { events, executor } = open(context, { create, size: 1 });
  const first = events.run();
  executor.start(first);
  await events.ending(first);
  await workers[0]!.terminate();
  const second = events.run();
  executor.start(second);
  assert.equal((await events.ending(second)).reason, undefined);
  assert.equal(workers.length, 2);
  assert.equal(events.endings.length, 2);
});

test('close ends every worker by force and reports nothing more', async () => {
  const workers: Array<ReturnType<typeof echo>> = [];
  const create = () => {
    workers.push(thread(`serveTasks(() => { ${endless} })`)());
    return workers.at(-1)!;
  };
  const { events, executor } = openExecutor(workerExecutor({ create, size: 2 }, 'workers.p'));
  for (const run of [events.run(), events.run(), events.run()]) executor.start(run);
  await events.until(() => events.log.length === 2);
  await executor.close();
  assert.equal(workers.length, 2);
  for (const worker of workers) assert.equal(worker.threadId, -1);
  assert.equal(events.endings.length, 0);
});

test('a process waits for the tasks in its workers, and ends by itself when the workers are idle', async () => {
  const worker = bundle(`
    import { serveTasks } from './src/worker/index.ts';
    serveTasks(() => new Promise((done) => setTimeout(done, 100, 'waited for')));`);
  const program = bundle(`
    import { Worker } from 'node:worker_threads';
    import { workerExecutor } from './src/executor/workers/worker-executor.ts';
    const clock = { after(ms, call) { const timer = setTimeout(call, ms).unref(); return () => clearTimeout(timer); } };
    const options = { pool: 'llm', maxUnits: 2, heartbeatMs: 1000, killGraceMs: 500, clock };
    const events = { credits() {}, running() {}, heartbeat() {}, finished: (run, result) => console.log(result) };
    const source = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)}));
    const executor = workerExecutor(() => new Worker(source), 'workers.p')(events, options);
    executor.start({ id: 1, taskId: 't1', pool: 'llm', attempt: 1, units: 1, payload: null });`);
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 20_000,
  });
  assert.equal(stdout, 'waited for\n');
});

test('workers offer no more places than the config lets them have', async () => {
  const source = { create: echo, size: 4, concurrency: 2 };
  const { events, executor } = openExecutor(workerExecutor(source, 'workers.p'), { runsMax: 3 });
  assert.deepEqual(events.offered, [3]);
  await executor.close();
});

test('a run that comes after close is refused, not lost', async () => {
  const { events, executor } = openExecutor(workerExecutor(echo, 'workers.p'));
  await executor.close();
  const run = events.run();
  executor.start(run);
  assert.match((await events.ending(run)).error?.message ?? '', /are closed/);
});

test('measures that make no sense are refused with their name', async () => {
  const cases: [source: unknown, field: string][] = [
    [{ create: echo, size: 0 }, 'workers.p.size'],
    [{ create: echo, concurrency: 1.5 }, 'workers.p.concurrency'],
    [undefined, 'workers.p'],
  ];
  for (const [source, field] of cases) {
    assert.throws(() => workerExecutor(source as never, 'workers.p'), { code: 'invalid_argument', field });
  }
});

test('serveTasks outside a worker says where it belongs', async () => {
  const { serveTasks } = await import('../../src/worker/index.js');
  assert.throws(() => serveTasks(() => 1), /dedicated worker or a Node worker thread/);
});
