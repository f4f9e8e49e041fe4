import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '../../src/executor/delegate/page.js';
import type { Executor, ExecutorEvents, ExecutorOptions, Run } from '../../src/executor/executor.js';
import { afterClaims, Claims } from '../../src/shared-lot/claims.js';

const options = { pool: 'llm' } as ExecutorOptions;
const one = { name: 'page one' } as unknown as Page;
const two = { name: 'page two' } as unknown as Page;

function run(taskId: string, pool = 'llm'): Run {
  return { id: 1, taskId, pool, attempt: 1, units: 1, payload: undefined };
}

/** An executor that notes what it is told, behind the claims. */
function gated(claims: Claims) {
  const started: string[] = [];
  const stopped: string[] = [];
  const failed: string[] = [];
  const events = { failed: ({ taskId }: Run) => failed.push(taskId) } as unknown as ExecutorEvents;
  const executor = afterClaims(
    claims,
    (): Executor => ({
      start: (each) => void started.push(each.taskId),
      stop: (each) => void stopped.push(each.taskId),
      close: () => Promise.resolve(),
    }),
  )(events, options);
  return { executor, started, stopped, failed };
}

test('without claims a run starts at once', () => {
  const { executor, started } = gated(new Claims());
  executor.start(run('a'));
  assert.deepEqual(started, ['a']);
});

test('while a pool has a claim nothing else starts in it, and then all in their order', () => {
  const claims = new Claims();
  const { executor, started } = gated(claims);
  claims.add(one, { pool: 'llm', taskId: 'old' });
  claims.add(two, { pool: 'llm', taskId: 'older' });
  executor.start(run('a'));
  executor.start(run('b'));
  claims.settle({ pool: 'llm', taskId: 'old' });
  assert.deepEqual(started, []);
  claims.settle({ pool: 'llm', taskId: 'older' });
  assert.deepEqual(started, ['a', 'b']);
});

test('a claimed run starts at once, where it is under way', () => {
  const claims = new Claims();
  const { executor, started } = gated(claims);
  claims.add(one, { pool: 'llm', taskId: 'old' });
  executor.start(run('old'));
  assert.deepEqual(started, ['old']);
  assert.equal(claims.take(run('old')), one);
  assert.equal(claims.take(run('old')), undefined);
});

test('a claim of one pool holds no other pool', () => {
  const claims = new Claims();
  const { executor, started } = gated(claims);
  claims.add(one, { pool: 'gpu', taskId: 'old' });
  executor.start(run('a'));
  assert.deepEqual(started, ['a']);
});

test('a task that two pages claim counts once, and a claim that is settled twice frees once', () => {
  const claims = new Claims();
  const { executor, started } = gated(claims);
  claims.add(one, { pool: 'llm', taskId: 'old' });
  claims.add(two, { pool: 'llm', taskId: 'old' });
  claims.add(two, { pool: 'llm', taskId: 'other' });
  executor.start(run('a'));
  claims.settle({ pool: 'llm', taskId: 'old' });
  claims.settle({ pool: 'llm', taskId: 'old' });
  assert.deepEqual(started, []);
  assert.deepEqual(claims.of(two), [{ pool: 'llm', taskId: 'other' }]);
});

test('a run that is stopped while it is held back has failed, and never starts', () => {
  const claims = new Claims();
  const { executor, started, stopped, failed } = gated(claims);
  claims.add(one, { pool: 'llm', taskId: 'old' });
  executor.start(run('a'));
  const held = run('b');
  executor.start(held);
  executor.stop(held, 'cancelled');
  claims.settle({ pool: 'llm', taskId: 'old' });
  assert.deepEqual([started, stopped, failed], [['a'], [], ['b']]);
});
