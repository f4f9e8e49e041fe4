import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ParkingLotError } from '../../src/errors.js';
import type { Run } from '../../src/executor/executor.js';
import { PinnedCall, PinnedCalls } from '../../src/shared-lot/pinned-calls.js';
import type { SharedTasks } from '../../src/shared-lot/shared-tasks.js';

const nobodyWaits = { forget: () => undefined } as unknown as SharedTasks;
const run: Run = { id: 1, taskId: 'a', pool: 'llm', attempt: 1, units: 1, payload: undefined };

function called(fn: () => unknown) {
  const calls = new PinnedCalls(
    nobodyWaits,
    () => undefined,
    () => undefined,
  );
  let call!: PinnedCall;
  const answer = new Promise((resolve) => {
    call = new PinnedCall('llm', 'a', fn, calls, resolve, undefined);
  });
  calls.add(call);
  return { calls, call, answer };
}

test('a lot that closes when the caller has its result already rejects nothing', async (t) => {
  const unhandled = t.mock.fn();
  process.on('unhandledRejection', unhandled);
  const { calls, call, answer } = called(() => 'done');
  calls.start(run);
  assert.equal(await answer, 'done');
  call.abandon(new ParkingLotError('closed', 'The lot was closed; open another one.'));
  await nextTurn();
  process.off('unhandledRejection', unhandled);
  assert.deepEqual(unhandled.mock.calls, []);
});

test('a lot that closes before the function has ended rejects its call', async () => {
  const { calls, call, answer } = called(() => new Promise(() => undefined));
  calls.start(run);
  call.abandon(new ParkingLotError('closed', 'The lot was closed; open another one.'));
  await assert.rejects(answer, { code: 'closed' });
});
