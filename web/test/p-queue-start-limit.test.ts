import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartLimit } from '../src/p-queue/start-limit.js';

for (const window of ['fixed', 'sliding'] as const) {
  test(`a job that was refused in the last moment of an interval is called (${window})`, (t) => {
    t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000 });
    let calls = 0;
    const options = { cap: 1, intervalMs: 100, window, carriesOver: false };
    const limit = new StartLimit(
      options,
      () => 0,
      () => (calls += 1),
    );
    limit.started();
    t.mock.timers.setTime(1_099);
    assert.equal(limit.isReached, true);
    t.mock.timers.setTime(1_100);
    limit.watch();
    t.mock.timers.tick(1);
    assert.deepEqual([calls, limit.isReached], [1, false]);
    limit.watch();
    t.mock.timers.tick(1);
    assert.equal(calls, 1);
  });
}
