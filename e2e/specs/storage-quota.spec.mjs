import { expect, openKit, startWorker, test } from '../storage-kit/kit-page.mjs';
import { quotaOf } from './kit-page.mjs';

/** A page with a worker, in which a lot is opened; its tasks wait. */
async function openLot(profile, kind) {
  const page = await openKit(profile);
  const worker = await startWorker(page);
  await worker.run(async (type) => {
    const storage = { type };
    globalThis.lot = await kit.LocalLot.open({ pools: { p: { max_units: 1, queue: storage, mailbox: { storage } } } }, {});
    await lot.pool('p').pause();
    globalThis.submitted = async (taskId) => {
      // Databases compress what they store.
      const payload = Array.from(crypto.getRandomValues(new Uint32Array(4000)), (n) => n.toString(36)).join();
      return (await lot.pool('p').submit({ taskId, payload, mailbox: { tenant: 't' } })).durability;
    };
  }, kind);
  return {
    submit: (taskId) => worker.run((id) => submitted(id), taskId),
    /** Submits until a receipt says that a task was not stored; the names of those that were, and of this one. */
    submitUntilVolatile: (name) =>
      worker.run(async (prefix) => {
        const stored = [];
        for (let number = 0; number < 1000; number += 1) {
          const taskId = `${prefix}-${number}`;
          if ((await submitted(taskId)) === 'volatile') return { stored, refused: taskId };
          stored.push(taskId);
        }
        throw new Error('the quota was never used up');
      }, name),
    health: () => worker.run(async () => (await lot.health()).stores[0].status),
    tasks: () =>
      worker.run(async () => {
        const ids = [];
        for (let after; ; ) {
          const { tasks, next } = await lot.pool('p').tasks({ after });
          ids.push(...tasks.map((task) => task.taskId));
          if (!next) return ids;
          after = next;
        }
      }),
    leave: () => page.close(),
  };
}

/** A lot that has used up the quota; `stored`: what it said to be durable. */
async function fullLot(profile, kind, setQuota) {
  await setQuota(10_000_000);
  const lot = await openLot(profile, kind);
  const { stored, refused } = await lot.submitUntilVolatile('task');
  expect(stored.length).toBeGreaterThan(0);
  expect(await lot.health()).toBe('volatile');
  return { lot, stored, refused };
}

for (const kind of ['idbfs', 'opfs']) {
  test(`a lot of type ${kind} that has used up the quota is durable again, with all it has, once there is space`, async ({
    profile,
  }) => {
    const setQuota = await quotaOf(profile);
    const { lot, stored, refused } = await fullLot(profile, kind, setQuota);
    expect(await lot.submit('meanwhile')).toBe('volatile');
    await setQuota();
    await expect.poll(lot.health, { timeout: 30_000 }).toBe('ok');
    expect(await lot.submit('last')).toBe('durable');
    await lot.leave();
    const next = await openLot(profile, kind);
    expect(await next.tasks()).toEqual([...stored, refused, 'meanwhile', 'last']);
  });

  test(`what a lot of type ${kind} stored before it used up the quota is there for the next one`, async ({ profile }) => {
    const setQuota = await quotaOf(profile);
    const { lot, stored, refused } = await fullLot(profile, kind, setQuota);
    await lot.submit('meanwhile');
    await lot.leave();
    await setQuota();
    const next = await openLot(profile, kind);
    expect((await next.tasks()).filter((id) => id !== refused)).toEqual(stored);
    expect(await next.submit('last')).toBe('durable');
  });
}

test('a quota below what is stored in origin files takes nothing from them, and a lot opens with them all the same', async ({
  profile,
}) => {
  const setQuota = await quotaOf(profile);
  const first = await openLot(profile, 'opfs');
  expect(await first.submit('first')).toBe('durable');
  await setQuota(1);
  const { stored, refused } = await first.submitUntilVolatile('task');
  // It is tried again after a second and after two more, in vain.
  await profile.pages()[0].waitForTimeout(4000);
  expect(await first.health()).toBe('volatile');
  await first.leave();

  const second = await openLot(profile, 'opfs');
  const kept = (await second.tasks()).filter((id) => id !== refused);
  expect(kept).toEqual(['first', ...stored]);
  await second.submitUntilVolatile('again');
  const all = await second.tasks();
  await setQuota();
  await expect.poll(second.health, { timeout: 30_000 }).toBe('ok');
  await second.leave();
  const third = await openLot(profile, 'opfs');
  expect(await third.tasks()).toEqual(all);
});
