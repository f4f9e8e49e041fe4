import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Run } from '../../src/executor/executor.js';
import { workerExecutor } from '../../src/executor/workers/worker-executor.js';
import { type HandClock, openExecutor } from './recorder.js';
import { thread } from './thread-worker.js';

const deeds = ['echo', 'throw', 'reject', 'exit', 'hang', 'wait'] as const;
const worker = thread(`
  const deeds = {
    echo: () => 'echo',
    throw: () => { throw new Error('thrown'); },
    reject: () => { Promise.reject(new Error('unseen')); return new Promise(() => {}); },
    exit: () => process.exit(1),
    hang: () => { for (;;) {} },
    wait: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'))),
  };
  serveTasks((deed, { signal }) => deeds[deed](signal));`);

/** A moment of real time, in which the clock moves so little that workers start in good time. */
async function moment(clock: HandClock): Promise<void> {
  clock.advance(0.25);
  await new Promise((resolve) => setImmediate(resolve));
}

/** Repeats with its seed; the constants are those of Numerical Recipes. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
}

for (const seed of [1, 2, 3, 4]) {
  test(`seed ${seed}: under every misfortune each run ends exactly once, and all places come back`, {
    timeout: 60_000,
  }, async () => {
    const random = randomFrom(seed);
    const size = 2;
    const concurrency = 1 + (seed % 2);
    let fortune: 'bad' | 'good' = 'bad';
    const create = () => {
      if (fortune === 'bad' && random(7) === 0) throw new Error('no worker today');
      return worker();
    };
    const { events, clock, executor } = openExecutor(
      workerExecutor({ create, size, concurrency }, 'workers.p'),
    );
    const runs = Array.from({ length: 30 }, (_, i) => events.run(deeds[i % deeds.length]));
    const live = new Set<Run>();
    for (let next = 0; events.endings.length < runs.length; ) {
      // Now and then one more than there are places, as a host does that has not heard of a loss yet.
      if (next < runs.length && live.size < size * concurrency + random(2)) {
        live.add(runs[next]!);
        executor.start(runs[next++]!);
      }
      for (const run of live) if (random(3000) === 0) executor.stop(run, 'cancelled');
      await moment(clock);
      for (const { run } of events.endings) live.delete(run);
    }
    assert.deepEqual(
      events.endings.map(({ run }) => run.id).sort((a, b) => a - b),
      runs.map(({ id }) => id),
    );

    fortune = 'good';
    const last = Array.from({ length: size * concurrency }, () => events.run('wait'));
    for (const run of last) executor.start(run);
    const isRunning = (run: Run) => events.count(`running ${run.taskId}`) === 1;
    while (!last.every(isRunning)) {
      await moment(clock);
      // A worker that was dying already may take a run with it; a host repeats that run.
      for (const [place, run] of last.entries()) {
        if (!events.endings.some((ending) => ending.run === run)) continue;
        last[place] = events.run('wait');
        executor.start(last[place]);
      }
    }
    await executor.close();
  });
}
