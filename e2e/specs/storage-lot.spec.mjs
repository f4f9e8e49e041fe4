import { expect, openKit, startWorker, test } from '../storage-kit/kit-page.mjs';

/** Opens a lot whose tasks and outcomes are stored, submits some tasks, and leaves without a word. */
async function submitSome({ kind, count }) {
  const storage = { type: kind };
  const lot = await kit.LocalLot.open({ pools: { p: { max_units: 2, queue: storage, mailbox: { storage } } } }, {});
  globalThis.lot = lot;
  await lot.pool('p').pause();
  const tasks = [];
  for (let i = 0; i < count; i++) {
    tasks.push(lot.pool('p').submit({ payload: { n: i }, taskId: `t${i}`, mailbox: { tenant: 'a' } }));
  }
  const receipts = await Promise.all(tasks);
  const { stores } = await lot.health();
  return { durabilities: [...new Set(receipts.map((task) => task.durability))], stores };
}

/** Opens it again, with a handler, and reads every outcome. */
async function runAll({ kind, count }) {
  const storage = { type: kind };
  const lot = await kit.LocalLot.open(
    { pools: { p: { max_units: 2, queue: storage, mailbox: { storage } } } },
    { handlers: { p: ({ n }) => ({ twice: 2 * n }) } },
  );
  const before = await lot.pool('p').stats();
  await lot.pool('p').resume();
  const results = {};
  for await (const message of lot.mailbox({ tenant: 'a' }).subscribe()) {
    results[message.taskId] = message.payload.twice;
    if (Object.keys(results).length === count) break;
  }
  const status = await lot.pool('p').status('t3');
  await lot.close();
  return { parked: before.parked, results, status: [status.status, status.outcome.result] };
}

/** Opens it again, with a handler, and asks for the history of one task. */
async function historyOf({ kind, id }) {
  const storage = { type: kind };
  const lot = await kit.LocalLot.open(
    { pools: { p: { max_units: 2, queue: storage, mailbox: { storage } } } },
    { handlers: { p: () => 'done' } },
  );
  await lot.pool('p').resume();
  for await (const message of lot.mailbox({ tenant: 'a' }).subscribe()) {
    if (message.taskId === id) break;
  }
  const { events } = await lot.audit.query({ subject: { kind: 'task', id } });
  await lot.close();
  return events.map(({ action, pool }) => `${pool} ${action}`);
}

const outcomes = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, 2 * i]));

test('a lot in IndexedDB goes on after its page is gone', async ({ page, context }) => {
  const first = await page.evaluate(submitSome, { kind: 'idbfs', count: 50 });
  expect(first).toEqual({
    durabilities: ['durable'],
    stores: [{ kind: 'idbfs', location: 'parking-lot', status: 'ok' }],
  });
  await page.close();
  const next = await openKit(context);
  const second = await next.evaluate(runAll, { kind: 'idbfs', count: 50 });
  expect(second).toEqual({ parked: 50, results: outcomes(50), status: ['completed', { twice: 6 }] });
});

for (const kind of ['idbfs', 'opfs']) {
  test(`a lot of type ${kind} in a dedicated worker goes on after the worker was terminated`, async ({
    page,
  }) => {
    const first = await startWorker(page);
    const seen = await first.run(submitSome, { kind, count: 50 });
    expect(seen.durabilities).toEqual(['durable']);
    await first.terminate();
    const second = await startWorker(page);
    expect(await second.run(runAll, { kind, count: 50 })).toEqual({
      parked: 50,
      results: outcomes(50),
      status: ['completed', { twice: 6 }],
    });
  });
}

for (const kind of ['idbfs', 'opfs']) {
  test(`the trail of a lot of type ${kind} goes back to before it was opened`, async ({ page }) => {
    const first = await startWorker(page);
    await first.run(submitSome, { kind, count: 5 });
    await first.terminate();
    const second = await startWorker(page);
    const seen = await second.run(historyOf, { kind, id: 't3' });
    expect(seen.slice(0, 4)).toEqual(['p submit', 'p enqueue', 'p start', 'p complete']);
  });
}

test('a page, which has no handles on files of its origin, keeps them in IndexedDB and says so', async ({
  page,
  context,
}) => {
  const first = await page.evaluate(submitSome, { kind: 'opfs', count: 5 });
  expect(first.durabilities).toEqual(['durable']);
  expect(first.stores).toMatchObject([{ kind: 'opfs', status: 'ok', reason: /IndexedDB/ }]);
  await page.close();
  const next = await openKit(context);
  expect((await next.evaluate(runAll, { kind: 'opfs', count: 5 })).results).toEqual(outcomes(5));
});

test('without a usable database a lot goes on in memory, and every receipt says so', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    indexedDB.constructor.prototype.open = () => {
      throw new DOMException('not in private windows', 'SecurityError');
    };
    const lot = await kit.LocalLot.open(
      { pools: { p: { max_units: 1, queue: 'idbfs' }, other: { max_units: 1 } } },
      { handlers: { p: (n) => n + 1 } },
    );
    const task = await lot.pool('p').submit({ payload: 41 });
    const result = await task.result();
    const health = await lot.health();
    await lot.close();
    return { durability: task.durability, result, health };
  });
  expect(seen).toMatchObject({
    durability: 'volatile',
    result: 42,
    health: {
      status: 'volatile',
      durability: 'volatile',
      pools: {
        p: { status: 'volatile', durability: 'volatile', reason: 'not in private windows' },
        other: { status: 'ok', durability: 'volatile' },
      },
      stores: [{ kind: 'idbfs', location: 'parking-lot', status: 'volatile', reason: 'not in private windows' }],
    },
  });
});

test('when space runs out the lot goes on in memory, says so, and is durable again later', async ({
  page,
  context,
}) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.LocalLot.open({ pools: { p: { max_units: 1, queue: 'idbfs' } } }, {});
    await lot.pool('p').pause();
    const told = [];
    lot.onHealth((health) => told.push(health.pools.p.status));
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...all) {
      const made = transaction.apply(this, all);
      made.abort();
      return made;
    };
    const first = await lot.pool('p').submit({ taskId: 'during' });
    const during = first.durability;
    IDBDatabase.prototype.transaction = transaction;
    while (told.length < 2) await kit.pause(50);
    const second = await lot.pool('p').submit({ taskId: 'after' });
    return { during, after: second.durability, told };
  });
  expect(seen).toEqual({ during: 'volatile', after: 'durable', told: ['volatile', 'ok'] });
  await page.close();
  const next = await openKit(context);
  const ids = await next.evaluate(async () => {
    const lot = await kit.LocalLot.open({ pools: { p: { max_units: 1, queue: 'idbfs' } } }, {});
    return (await lot.pool('p').tasks()).tasks.map((task) => task.taskId);
  });
  expect(ids).toEqual(['during', 'after']);
});

test('a lot whose database is deleted under it says so, and stores all of it again', async ({
  page,
  context,
}) => {
  await page.evaluate(submitSome, { kind: 'idbfs', count: 50 });
  const told = await page.evaluate(async () => {
    const told = [];
    lot.onHealth(({ pools }) => told.push(`${pools.p.status}: ${pools.p.reason}`));
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase('/parking-lot');
      request.onsuccess = resolve;
      request.onerror = request.onblocked = () => reject(new Error('not deleted'));
    });
    while (told.length < 2) await kit.pause(50);
    return told;
  });
  expect(told).toEqual(['volatile: what was stored has been deleted or replaced', 'ok: undefined']);
  await page.close();
  const next = await openKit(context);
  const after = await next.evaluate(runAll, { kind: 'idbfs', count: 50 });
  expect(after).toEqual({ parked: 50, results: outcomes(50), status: ['completed', { twice: 6 }] });
});

test('a lot whose database was taken over confirms nothing any more and ends', async ({
  page,
  context,
}) => {
  await page.evaluate(async () => {
    window.lot = await kit.LocalLot.open({ pools: { p: { max_units: 1, queue: 'idbfs' } } }, {});
    await lot.pool('p').submit({ taskId: 'old' });
  });
  const successor = await openKit(context);
  await successor.evaluate(async () => {
    window.lot = await kit.LocalLot.open({ pools: { p: { max_units: 1, queue: 'idbfs' } } }, {});
  });
  const codes = await page.evaluate(async () => {
    const first = await lot.pool('p').submit({ taskId: 'zombie' }).catch((error) => error.code);
    return [first, await lot.pool('p').submit({ taskId: 'zombie' }).catch((error) => error.code)];
  });
  expect(codes).toEqual(['unconfirmed', 'closed']);
  const ids = await successor.evaluate(async () =>
    (await lot.pool('p').tasks()).tasks.map((task) => task.taskId),
  );
  expect(ids).toEqual(['old']);
});
