import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import RealPQueue from 'p-queue';
import { type LotConfig, ParkingLot } from 'prometheus-parking-lot';
import PQueue, { type Options, PriorityQueue, TimeoutError } from 'prometheus-parking-lot/p-queue';

type AnyQueue = Pick<
  PQueue,
  | 'add'
  | 'addAll'
  | 'pause'
  | 'start'
  | 'clear'
  | 'onEmpty'
  | 'onIdle'
  | 'onSizeLessThan'
  | 'onPendingZero'
  | 'sizeBy'
  | 'setPriority'
  | 'size'
  | 'pending'
  | 'isPaused'
  | 'isSaturated'
  | 'concurrency'
  | 'onRateLimit'
  | 'onRateLimitCleared'
  | 'isRateLimited'
  | 'runningTasks'
> & { on(name: string, listener: (value?: unknown) => void): unknown };
type Make = (options?: object) => Promise<AnyQueue>;
type Log = (entry: unknown) => void;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A job whose end is in the script's hand. */
function gate() {
  let open = (_value?: unknown) => {};
  let fail = (_error: unknown) => {};
  const promise = new Promise<unknown>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { fn: () => promise, open, fail };
}

/** Lets everything that can happen now happen. */
async function settle() {
  for (let i = 0; i < 10; i += 1) await turn();
}

/** What one and the same script sees of a queue. */
async function logOf(script: (make: Make, log: Log) => Promise<void>, make: Make): Promise<unknown[]> {
  const entries: unknown[] = [];
  await script(make, (entry) => entries.push(entry));
  return entries;
}

/** A queue whose WebAssembly module is loaded, so that what follows depends on the script alone. */
async function loaded(options?: Options): Promise<PQueue> {
  const queue = new PQueue(options);
  const { gate } = queue as unknown as { gate: { open?(): Promise<unknown> } };
  await gate.open?.();
  return queue;
}

const makeReal: Make = async (options) => new RealPQueue(options) as unknown as AnyQueue;
const makeOwn: Make = async (options) => (await loaded(options)) as unknown as AnyQueue;

/** On a pool of a lot, whose capacity stands for the concurrency. */
const makePooled: Make = async (options = {}) => {
  const { concurrency, ...others } = options as { concurrency?: unknown };
  if (concurrency !== undefined && !(typeof concurrency === 'number' && concurrency >= 1)) {
    return makeOwn(options);
  }
  const lot = await ParkingLot.open({ pools: { jobs: { max_units: concurrency ?? 1_000_000 } } });
  return new PQueue({ ...others, pool: lot.pool('jobs') }) as unknown as AnyQueue;
};

/** The script sees the same of p-queue and of this class, and it sees something. */
function same(name: string, script: (make: Make, log: Log) => Promise<void>): void {
  test(name, async () => {
    const real = await logOf(script, makeReal);
    assert.ok(real.length > 1, 'the script logs nothing');
    assert.deepEqual(await logOf(script, makeOwn), real);
    assert.deepEqual(await logOf(script, makePooled), real, 'on a pool');
  });
}

describe('as p-queue does', () => {
  same('jobs run at most `concurrency` at once, the greater priority first', async (make, log) => {
    const queue = await make({ concurrency: 2 });
    const gates = Array.from({ length: 6 }, gate);
    const started: number[] = [];
    for (const [i, { fn }] of gates.entries()) {
      void queue.add(() => started.push(i) && fn(), { priority: i % 3 });
    }
    log([queue.size, queue.pending, queue.isSaturated]);
    await settle();
    for (const { open } of gates) {
      open();
      await settle();
      log([...started, 'size', queue.size, 'pending', queue.pending]);
    }
    await queue.onIdle();
    log(started);
  });

  same('results, errors and the order of their coming', async (make, log) => {
    const queue = await make({ concurrency: 1 });
    const all = await Promise.allSettled([
      queue.add(async () => 'value'),
      queue.add(() => 'plain'),
      queue.add(() => {
        throw new Error('thrown');
      }),
      queue.add(() => Promise.reject(new TypeError('rejected'))),
      queue.addAll([() => 1, async () => 2]),
    ]);
    for (const each of all) log(each.status === 'fulfilled' ? each.value : String(each.reason));
  });

  same('events tell of every step', async (make, log) => {
    const queue = await make({ concurrency: 1 });
    for (const name of ['add', 'active', 'next', 'empty', 'idle', 'completed', 'error', 'pendingZero']) {
      queue.on(name, (value) => log(value === undefined ? name : [name, String(value)]));
    }
    const first = queue.add(async () => 'one');
    const second = queue.add(async () => Promise.reject(new Error('two'))).catch(() => {});
    await first;
    await second;
    await queue.onIdle();
    await later(20);
  });

  same('a paused queue starts nothing until `start`', async (make, log) => {
    const queue = await make({ concurrency: 2, autoStart: false });
    const ran: number[] = [];
    void queue.addAll([1, 2, 3].map((i) => async () => ran.push(i)));
    await later(10);
    log([queue.isPaused, queue.size, queue.pending, ...ran]);
    log(queue.start() === queue);
    await queue.onIdle();
    queue.pause();
    void queue.add(async () => ran.push(4));
    await later(10);
    log([queue.isPaused, queue.size, ...ran]);
    queue.start();
    await queue.onEmpty();
    await queue.onIdle();
    log(ran);
  });

  same('clear forgets the jobs that wait, and those that run go on', async (make, log) => {
    const queue = await make({ concurrency: 1 });
    const first = gate();
    const running = queue.add(first.fn);
    let ran = false;
    void queue.add(() => {
      ran = true;
    });
    await settle();
    queue.clear();
    log([queue.size, queue.pending]);
    first.open('first');
    log(await running);
    await queue.onIdle();
    log(ran);
  });

  same('onSizeLessThan, onEmpty, onPendingZero and onIdle settle when it is so', async (make, log) => {
    const queue = await make({ concurrency: 1 });
    const gates = Array.from({ length: 4 }, gate);
    for (const { fn } of gates) void queue.add(fn);
    void queue.onSizeLessThan(3).then(() => log('fewer than 3'));
    void queue.onSizeLessThan(2).then(() => log('fewer than 2'));
    void queue.onEmpty().then(() => log('empty'));
    void queue.onIdle().then(() => log('idle'));
    for (const { open } of gates) {
      await settle();
      log(queue.size);
      open();
    }
    await settle();
    await queue.onPendingZero();
    log('zero');
  });

  same('sizeBy counts and setPriority moves jobs that wait', async (make, log) => {
    const queue = await make({ concurrency: 1 });
    const first = gate();
    const order: string[] = [];
    void queue.add(first.fn, { id: 'running' });
    void queue.add(async () => order.push('a'), { id: 'a', priority: 1 });
    void queue.add(async () => order.push('b'), { id: 'b', priority: 1 });
    void queue.add(async () => order.push('c'), { id: 'c' });
    void queue.add(async () => order.push('d'), { id: 'd', priority: -2 });
    log([queue.sizeBy({ priority: 1 }), queue.sizeBy({ priority: 0 }), queue.sizeBy({ priority: 7 })]);
    queue.setPriority('d', 5);
    queue.setPriority('a', 0);
    for (const wrong of [() => queue.setPriority('running', 1), () => queue.setPriority('a', Number.NaN)]) {
      try {
        wrong();
      } catch (error) {
        log(String(error));
      }
    }
    await settle();
    first.open();
    await queue.onIdle();
    log(order);
  });

  same(
    'an aborted signal takes a job out of the queue, or ends the wait for one that runs',
    async (make, log) => {
      const queue = await make({ concurrency: 1 });
      const [running, waiting, early] = [new AbortController(), new AbortController(), new AbortController()];
      early.abort(new Error('early'));
      const hears = (promise: Promise<unknown>, name: string) =>
        void promise.then(
          (value) => log([name, value]),
          (error) => log([name, String(error)]),
        );
      hears(
        queue.add(({ signal }) => new Promise(() => signal), { signal: running.signal }),
        'running',
      );
      hears(
        queue.add(() => 'never', { signal: waiting.signal }),
        'waiting',
      );
      hears(
        queue.add(() => 'never', { signal: early.signal }),
        'early',
      );
      hears(
        queue.add(() => 'last'),
        'last',
      );
      await settle();
      waiting.abort(new Error('waited enough'));
      await settle();
      log(queue.size);
      running.abort(new Error('ran enough'));
      await queue.onIdle();
      await settle();
    },
  );

  same('a job that takes too long rejects with a TimeoutError and makes room', async (make, log) => {
    const queue = await make({ concurrency: 1, timeout: 20 });
    const slow = queue.add(() => new Promise(() => {})).catch((error) => log([error.name, error.message]));
    const own = queue.add(() => later(60), { timeout: 500 }).then(() => log('own timeout'));
    await slow;
    await own;
    await queue.onIdle();
    log(queue.pending);
  });

  same('a job may reject with anything', async (make, log) => {
    const queue = await make({ concurrency: 1 });
    for (const reason of [undefined, null, 0, 'text']) {
      await queue.add(() => Promise.reject(reason)).catch((error) => log([error]));
    }
  });

  same('intervalCap holds starts back until the next interval', async (make, log) => {
    const queue = await make({ intervalCap: 2, interval: 300 });
    const began = Date.now();
    const at: number[] = [];
    const done = queue.addAll(Array.from({ length: 5 }, () => async () => at.push(Date.now() - began)));
    void queue.onRateLimit().then(() => log(['limited', queue.isRateLimited]));
    await settle();
    log([queue.size, queue.pending]);
    await done;
    log([at.length, at[2]! - at[0]! > 280, at[4]! - at[2]! > 280]);
    await queue.onRateLimitCleared();
    log(queue.isRateLimited);
  });

  same('strict intervals slide', async (make, log) => {
    const queue = await make({ intervalCap: 2, interval: 400, strict: true });
    const began = Date.now();
    const at: number[] = [];
    const job = async () => at.push(Date.now() - began);
    await queue.add(job);
    await later(200);
    await queue.addAll([job, job, job]);
    log([at.length, at[2]! - at[0]! > 380, at[3]! - at[1]! > 380]);
    log(queue.size);
  });

  same('options that make no sense are refused in the same words', async (make, log) => {
    const wrong: object[] = [
      { concurrency: 0 },
      { concurrency: '2' },
      { intervalCap: 0 },
      { interval: -1 },
      { timeout: 0 },
      { interval: Number.POSITIVE_INFINITY },
      { strict: true },
      { strict: true, interval: 5 },
    ];
    for (const options of wrong) {
      try {
        await make(options);
        log('taken');
      } catch (error) {
        log(String(error));
      }
    }
    await (await make()).add(() => 1, { timeout: -3 }).catch((error) => log(String(error)));
  });

  same('a queue class of the user decides the order', async (make, log) => {
    class LastFirst {
      private readonly jobs: (() => Promise<unknown>)[] = [];
      get size() {
        return this.jobs.length;
      }
      enqueue(run: () => Promise<unknown>, options: { note?: string }) {
        log(options.note);
        this.jobs.push(run);
      }
      dequeue() {
        return this.jobs.pop();
      }
      filter() {
        return this.jobs;
      }
      setPriority() {}
    }
    const queue = await make({ concurrency: 1, autoStart: false, queueClass: LastFirst });
    const order: number[] = [];
    for (const i of [1, 2, 3]) void queue.add(async () => order.push(i), { note: `job ${i}` } as object);
    queue.start();
    await queue.onIdle();
    log(order);
  });
});

describe('beyond p-queue', () => {
  test('a job that costs several units waits for them, and holds back those behind it', async () => {
    const queue = await loaded({ concurrency: 4 });
    const gates = Array.from({ length: 4 }, gate);
    const started: number[] = [];
    const units = [3, 2, 1, 4];
    for (const [i, { fn }] of gates.entries())
      void queue.add(() => started.push(i) && fn(), { units: units[i]! });
    await settle();
    assert.deepEqual(started, [0]);
    assert.equal(queue.isSaturated, true);
    gates[0]!.open();
    await settle();
    assert.deepEqual(started, [0, 1, 2]);
    gates[1]!.open();
    gates[2]!.open();
    await settle();
    assert.deepEqual(started, [0, 1, 2, 3]);
    gates[3]!.open();
    await queue.onIdle();
  });

  test('a more urgent job passes the one that waits for its units', async () => {
    const queue = await loaded({ concurrency: 2 });
    const first = gate();
    const order: string[] = [];
    void queue.add(first.fn);
    void queue.add(async () => order.push('wide'), { units: 2 });
    void queue.add(async () => order.push('urgent'), { priority: 1 });
    await settle();
    assert.deepEqual(order, ['urgent']);
    first.open();
    await queue.onIdle();
    assert.deepEqual(order, ['urgent', 'wide']);
  });

  test('a job dearer than the concurrency is refused', async () => {
    const queue = await loaded({ concurrency: 4 });
    await assert.rejects(
      queue.add(() => 1, { units: 5 }),
      /at most the concurrency \(4\)/,
    );
    await assert.rejects(
      queue.add(() => 1, { units: 0 }),
      /whole number >= 1/,
    );
    queue.pause();
    const wide = queue.add(() => 1, { units: 3 });
    queue.concurrency = 2;
    queue.start();
    await assert.rejects(wide, { code: 'cost_exceeds_capacity' });
    await queue.onIdle();
  });

  test('queues on one pool share its units', async () => {
    const lot = await ParkingLot.open({ pools: { gpu: { max_units: 2 } } });
    const pool = lot.pool('gpu');
    const [one, two] = [new PQueue({ pool }), new PQueue({ pool, concurrency: 1 })];
    const gates = Array.from({ length: 3 }, gate);
    const started: number[] = [];
    void one.add(() => started.push(0) && gates[0]!.fn(), { units: 2 });
    void two.add(() => started.push(1) && gates[1]!.fn());
    const aborted = new AbortController();
    const given = one.add(() => started.push(2), { signal: aborted.signal });
    await settle();
    assert.deepEqual(started, [0]);
    assert.equal((await pool.stats()).parked, 2);
    assert.deepEqual([one.size, one.pending, two.size, two.pending], [1, 1, 1, 0]);
    aborted.abort(new Error('enough'));
    await assert.rejects(given, /enough/);
    gates[0]!.open();
    await settle();
    assert.deepEqual(started, [0, 1]);
    gates[1]!.open();
    await Promise.all([one.onIdle(), two.onIdle()]);
    await lot.close();
  });

  test('a changed concurrency holds from then on', async () => {
    const queue = await loaded({ concurrency: 1 });
    const gates = Array.from({ length: 3 }, gate);
    let started = 0;
    for (const { fn } of gates) void queue.add(() => ++started && fn());
    await settle();
    assert.equal(started, 1);
    queue.concurrency = 3;
    await queue.onEmpty();
    while (started < 3) await turn();
    assert.equal(started, 3);
    for (const { open } of gates) open();
    await queue.onIdle();
  });

  test('a job counts its timeout from its start', async () => {
    const queue = await loaded({ concurrency: 1 });
    const first = queue.add(() => later(80));
    const second = queue.add(() => later(5), { timeout: 60 });
    assert.equal(queue.runningTasks.length, 1);
    await Promise.all([first, second]);
    await assert.rejects(
      queue.add(() => later(50), { timeout: 5 }),
      TimeoutError,
    );
  });
});

for (const strict of [false, true]) {
  test(`an interval begins when the lot is open and jobs are called (strict: ${strict})`, async (t) => {
    const { open } = ParkingLot;
    t.mock.method(ParkingLot, 'open', async (config: LotConfig) => {
      await later(100);
      return open.call(ParkingLot, config);
    });
    const queue = new PQueue({ intervalCap: 2, interval: 30, strict });
    const at: number[] = [];
    await queue.addAll(Array.from({ length: 7 }, () => async () => at.push(performance.now())));
    const gaps = at.slice(2).map((time, i) => time - at[i]!);
    assert.deepEqual([at.length, gaps.filter((ms) => ms < 25)], [7, []]);
  });
}

test('however many jobs wait under one signal, it has one listener, and all give up', async () => {
  const queue = new PQueue({ concurrency: 1 });
  const abort = new AbortController();
  const jobs = Array.from({ length: 20 }, () =>
    queue.add(() => new Promise(() => {}), { signal: abort.signal }),
  );
  await settle();
  assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
  abort.abort(new Error('no more'));
  for (const job of jobs) await assert.rejects(job, /no more/);
  await queue.onIdle();
});

test('ten thousand jobs of random priorities leave in order', () => {
  const queue = new PriorityQueue();
  const runs = new Map<() => Promise<unknown>, [number, number]>();
  let state = 7;
  for (let i = 0; i < 10_000; i += 1) {
    state = (state * 48271) % 2147483647;
    const run = async () => i;
    const priority = state % 50;
    runs.set(run, [-priority, i]);
    queue.enqueue(run, { priority, id: String(i) });
  }
  const left: [number, number][] = [];
  for (let run = queue.dequeue(); run; run = queue.dequeue()) left.push(runs.get(run)!);
  assert.equal(queue.size, 0);
  assert.deepEqual(
    left,
    [...runs.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]),
  );
});
