import { expect, openKit, test } from '../storage-kit/kit-page.mjs';

// A config has one browser database, so that a database with mailboxes alone belongs to pools whose tasks are in memory.

const config = { pools: { p: { max_units: 1, mailbox: { storage: 'idbfs' } } } };

/** Opens a lot, runs a task, and tells what its mailbox has. Leaves without a word. */
async function runOne({ config, taskId }) {
  const lot = await kit.LocalLot.open(config, { handlers: { p: (n) => n + 1 } });
  const task = await lot.pool('p').submit({ taskId, payload: 41, mailbox: { tenant: 'a' } });
  const result = await task.result();
  const messages = [];
  for await (const message of lot.mailbox({ tenant: 'a' }).subscribe()) {
    messages.push(message.taskId);
    if (message.taskId === taskId) break;
  }
  await kit.pause(200); // for the commit
  const { status, pools, stores } = await lot.health();
  return { result, messages, status, pool: pools.p.status, store: stores[0] };
}

test('mailboxes that no database can be had for are kept in memory, which health tells, and those in it stay', async ({
  page,
  context,
}) => {
  const before = await page.evaluate(runOne, { config, taskId: 'before' });
  expect(before).toMatchObject({ messages: ['before'], status: 'ok', store: { status: 'ok' } });
  await page.close();

  const meanwhile = await openKit(context);
  await meanwhile.evaluate(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('the disk is gone', 'UnknownError');
    };
  });
  expect(await meanwhile.evaluate(runOne, { config, taskId: 'meanwhile' })).toMatchObject({
    result: 42,
    messages: ['meanwhile'],
    status: 'volatile',
    pool: 'volatile',
    store: { kind: 'idbfs', status: 'volatile', reason: 'the disk is gone' },
  });
  await meanwhile.close();

  const after = await openKit(context);
  expect(await after.evaluate(runOne, { config, taskId: 'after' })).toMatchObject({
    messages: ['before', 'after'],
    status: 'ok',
  });
});

test('a damaged mailbox database is an error that says where the damage is', async ({ page, context }) => {
  await page.evaluate(runOne, { config, taskId: 'before' });
  await page.close();
  const next = await openKit(context);
  await next.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('/parking-lot');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const change = opening.result.transaction(['FILE_DATA'], 'readwrite');
          const files = change.objectStore('FILE_DATA');
          const key = '/parking-lot/records-0000000001';
          files.get(key).onsuccess = ({ target }) => {
            const file = target.result;
            file.contents[200] ^= 1;
            files.put(file, key);
          };
          change.onabort = () => reject(change.error);
          change.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
  );
  await expect(next.evaluate(runOne, { config, taskId: 'next' })).rejects.toThrow(
    /parking-lot: records-0000000001, byte \d+/,
  );
});
