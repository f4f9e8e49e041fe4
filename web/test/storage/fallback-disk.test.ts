import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../../src/storage/disk.js';
import { FallbackDisk, type WhenRefused } from '../../src/storage/fallback-disk.js';
import { MemoryDisk } from '../../src/storage/memory-disk.js';

/** A disk whose syncs end as the test says. */
class TestedDisk extends MemoryDisk {
  syncs = 0;
  error: unknown;

  override async sync(): Promise<void> {
    this.syncs++;
    if (this.error !== undefined) throw this.error;
  }
}

function setUp(whenRefused: WhenRefused = 'go_on') {
  const disk = new TestedDisk();
  const waiting: { delayMs: number; callback: () => void }[] = [];
  const told: string[] = [];
  const fallback: FallbackDisk = new FallbackDisk(
    disk,
    (delayMs, callback) => {
      waiting.push({ delayMs, callback });
      return () => undefined;
    },
    () => told.push(`${fallback.state.durability}: ${fallback.state.reason}`),
    whenRefused,
  );
  const waitOver = async () => {
    const { delayMs, callback } = waiting.shift()!;
    callback();
    await new Promise((resolve) => setImmediate(resolve));
    return delayMs;
  };
  return { disk, fallback, told, waiting, waitOver };
}

test('a failing sync succeeds in memory and says so', async () => {
  const { disk, fallback, told } = setUp();
  await fallback.sync([], 'strict');
  assert.equal(fallback.state.durability, 'durable');
  disk.error = new DOMException('the quota is used up', 'QuotaExceededError');
  await fallback.sync([], 'strict');
  assert.deepEqual(fallback.state, { durability: 'volatile', reason: 'the quota is used up' });
  assert.deepEqual(told, ['volatile: the quota is used up']);
});

test('it is tried again with pauses of 1 to 30 seconds, and then durable again', async () => {
  const { disk, fallback, told, waiting, waitOver } = setUp();
  disk.error = new Error('not now');
  await fallback.sync([], 'strict');
  await fallback.sync([], 'strict');
  assert.equal(disk.syncs, 1);
  const pauses = [];
  for (let i = 0; i < 7; i++) pauses.push(await waitOver());
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  disk.error = undefined;
  await waitOver();
  assert.deepEqual(told, ['volatile: not now', 'durable: undefined']);
  assert.equal(waiting.length, 0);
  await fallback.sync([], 'strict');
  assert.equal(disk.syncs, 10);
});

test('what somebody else has taken over is no matter for patience', async () => {
  const { disk, fallback, told } = setUp();
  disk.error = new DiskError('fenced', 'taken over');
  await assert.rejects(fallback.sync([], 'strict'), { fault: 'fenced' });
  disk.error = undefined;
  await assert.rejects(fallback.sync([], 'strict'), { fault: 'fenced' });
  assert.deepEqual(told, []);
});

test('being taken over is also noticed while it is volatile', async () => {
  const { disk, fallback, waitOver } = setUp();
  disk.error = new Error('not now');
  await fallback.sync([], 'strict');
  disk.error = new DiskError('fenced', 'taken over');
  await waitOver();
  await assert.rejects(fallback.sync([], 'strict'), { fault: 'fenced' });
});

test('one that is to fail does, and is durable again with the first sync that succeeds', async () => {
  const { disk, fallback, told, waiting } = setUp('fail');
  const refused = new DOMException('the quota is used up', 'QuotaExceededError');
  disk.error = refused;
  for (let i = 0; i < 2; i++) await assert.rejects(fallback.sync([], 'strict'), refused);
  assert.equal(waiting.length, 0, 'its journal tries again');
  disk.error = undefined;
  await fallback.sync([], 'strict');
  assert.deepEqual(told, ['volatile: the quota is used up', 'durable: undefined']);
});

test('one that is to fail stores again what was deleted', async () => {
  const { disk, fallback, told, waitOver } = setUp('fail');
  fallback.emptied();
  await waitOver();
  assert.equal(disk.syncs, 1);
  assert.deepEqual(told, ['volatile: what was stored has been deleted or replaced', 'durable: undefined']);
});

test('a sync that had begun before the deletion does not pass for one after it', async () => {
  const { disk, fallback, waitOver } = setUp('fail');
  let finish: () => void = () => undefined;
  disk.sync = () => new Promise((resolve) => (finish = resolve));
  const under = fallback.sync([], 'strict');
  await new Promise((resolve) => setImmediate(resolve));
  fallback.emptied();
  finish();
  await under;
  assert.equal(fallback.state.durability, 'volatile');
  disk.sync = () => Promise.resolve();
  await waitOver();
  assert.equal(fallback.state.durability, 'durable');
});
