import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LineListener } from '../../src/executor/delegate/line.js';
import type { LotMessage, PageMessage } from '../../src/executor/delegate/protocol.js';
import type { ExecutorEvents, Run } from '../../src/executor/executor.js';
import type { PinnedCalls } from '../../src/shared-lot/pinned-calls.js';
import type { TaskRef } from '../../src/shared-lot/protocol.js';
import { RealmWork } from '../../src/shared-lot/realm-work.js';

const noCalls = { has: () => false, stop: () => false } as unknown as PinnedCalls;

/** A realm with one executor for `llm` whose runs end when the test says so. */
function realm() {
  const told: PageMessage[] = [];
  const freed: TaskRef[] = [];
  const runs: Run[] = [];
  const stopped: string[] = [];
  let events: ExecutorEvents | undefined;
  let lot: LineListener<LotMessage> | undefined;
  const work = new RealmWork(
    (listener) => {
      lot = listener;
      return { post: (message) => void told.push(message), close: () => undefined };
    },
    new Map([
      [
        'llm',
        (given) => {
          events = given;
          given.credits(4);
          return {
            start: (run) => void runs.push(run),
            stop: (run, reason) => void stopped.push(`${run.taskId} ${reason}`),
            close: () => Promise.resolve(),
          };
        },
      ],
    ]),
    noCalls,
    (task) => freed.push(task),
  );
  const order = (message: LotMessage) => lot!.received(message);
  const openPool = () =>
    order({ parkingLot: 'open pool', pool: 'llm', maxUnits: 4, heartbeatMs: 1000, killGraceMs: 1000 });
  const start = (id: number, taskId: string) =>
    order({
      parkingLot: 'start',
      run: { id, taskId, pool: 'llm', attempt: 1, units: 1, payload: undefined },
    });
  openPool();
  return { work, told, freed, runs, stopped, openPool, start, events: () => events! };
}

const kinds = (messages: readonly PageMessage[]) =>
  messages.map((message) => [message.parkingLot, 'run' in message ? message.run : undefined]);

test('a run goes on when its task is started by the next leader, and reports under the new number', () => {
  const { work, told, runs, start, events } = realm();
  start(7, 'a');
  assert.deepEqual(work.claims(), [{ pool: 'llm', taskId: 'a' }]);
  told.length = 0;
  events().progress(runs[0]!, 'to nobody');
  start(3, 'a');
  events().finished(runs[0]!, 'done');
  assert.equal(runs.length, 1);
  assert.deepEqual(kinds(told), [
    ['running', 3],
    ['finished', 3],
  ]);
});

test('an end that no leader heard of is told to the one that starts the task again', () => {
  const { work, told, runs, start, events } = realm();
  start(7, 'a');
  work.claims();
  events().finished(runs[0]!, 'done');
  told.length = 0;
  start(1, 'a');
  assert.deepEqual(kinds(told), [
    ['running', 1],
    ['finished', 1],
  ]);
  assert.equal(runs.length, 1);
});

test('numbers of two reigns do not mix, although they are the same', () => {
  const { work, told, runs, start, events } = realm();
  start(1, 'a');
  work.claims();
  start(1, 'b');
  told.length = 0;
  events().finished(runs[1]!, 'of b');
  events().finished(runs[0]!, 'of a');
  assert.deepEqual(kinds(told), [['finished', 1]]);
});

test('a run in whose place others start is stopped, and its units are free when it has ended', () => {
  const { work, freed, runs, stopped, start, events } = realm();
  start(1, 'a');
  const claims = work.claims();
  work.drop(claims);
  assert.deepEqual([stopped, freed], [['a lost'], []]);
  events().failed(runs[0]!, new Error('aborted'), 'task_failed', true);
  assert.deepEqual(freed, claims);
  assert.deepEqual(work.claims(), []);
});

test('one that had ended when it was dropped is free at once', () => {
  const { work, freed, runs, start, events } = realm();
  start(1, 'a');
  const claims = work.claims();
  events().finished(runs[0]!, 1);
  work.drop(claims);
  assert.deepEqual(freed, claims);
});

test('the next leader hears of the places of an executor that is there already', () => {
  const { work, told, openPool, start } = realm();
  start(1, 'a');
  work.claims();
  told.length = 0;
  openPool();
  return Promise.resolve().then(() => {
    assert.deepEqual(told, [{ parkingLot: 'places', pool: 'llm', places: 4 }]);
  });
});
