import { origin } from '../server/address.mjs';
import { expect, openKit, startWorker, test } from '../storage-kit/kit-page.mjs';

/** As a browser does when somebody clears what a site has stored: its files alone, or `all` with the bucket that they are in. */
async function deleteFiles(page, storageTypes = 'file_systems') {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes });
}

test('origin files that are deleted under their owner can be used on, and nothing is said to be stored', async ({
  profile,
}) => {
  const page = await openKit(profile);
  const worker = await startWorker(page);
  await worker.run(async () => {
    globalThis.disk = await kit.OpfsDisk.open('deleted');
    for (const name of ['a', 'gone']) disk.create(name);
    kit.write(disk, 'a', 'before');
    await disk.sync(disk.list(), 'strict');
    globalThis.told = new Promise((resolve) => disk.onDeletion(resolve));
  });
  await deleteFiles(page);
  const files = await worker.run(async () => {
    await told;
    kit.write(disk, 'a', ', after', 6);
    disk.remove('gone');
    disk.create('b');
    kit.write(disk, 'b', 'new');
    return disk.list().map((file) => `${file}: ${kit.read(disk, file)}`);
  });
  expect(files.sort()).toEqual(['a: before, after', 'b: new']);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(await worker.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')))).toMatch(
      /^io: .*: reload the page$/,
    );
  }
  await worker.run(() => disk.close());
});

test('whoever begins anew after origin files were deleted owns them, and the former owner confirms nothing', async ({
  profile,
}) => {
  const page = await openKit(profile);
  const former = await startWorker(page);
  const open = async () => {
    globalThis.disk = await kit.OpfsDisk.open('begun');
    disk.create('a');
    await disk.sync(['a'], 'strict');
    globalThis.told = new Promise((resolve) => disk.onDeletion(resolve));
  };
  await former.run(open);
  await deleteFiles(page);
  const other = await startWorker(page);
  await other.run(open);
  await former.run(() => told);
  expect(await former.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')))).toMatch(/^fenced/);
  expect(await other.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')))).toBe('ok');
});

for (const storageTypes of ['file_systems', 'all']) {
  test(`a lot whose origin files are deleted (${storageTypes}) says so and what to do, and one after a reload is durable`, async ({
    profile,
  }) => {
    let page = await openKit(profile);
    const openLot = async () => {
      const worker = await startWorker(page);
      await worker.run(async () => {
        const config = { pools: { p: { max_units: 1, queue: 'opfs', mailbox: { storage: 'opfs' } } } };
        globalThis.lot = await kit.LocalLot.open(config, { handlers: { p: (payload) => payload } });
        globalThis.told = [];
        lot.onHealth(({ pools }) => told.push(`${pools.p.status}: ${pools.p.reason}`));
        globalThis.submitted = async (taskId) => {
          const task = await lot.pool('p').submit({ taskId, payload: taskId, mailbox: { tenant: 't' } });
          await task.outcome();
          return task.durability;
        };
        globalThis.kept = async () =>
          (await lot.mailbox({ tenant: 't' }).fetch()).map((message) => message.taskId);
      });
      return worker;
    };
    const cleared = await openLot();
    expect(await cleared.run(() => submitted('before'))).toBe('durable');
    await deleteFiles(page, storageTypes);
    const last = () => cleared.run(() => told.at(-1));
    await expect
      .poll(last)
      .toMatch(/^volatile: the browser has cleared what this site stored.*: reload the page$/);
    expect(await cleared.run(() => told[0])).toBe('volatile: what was stored has been deleted or replaced');
    // It is tried again after 1 and 2 seconds, with the same result.
    await page.waitForTimeout(2500);
    expect(await cleared.run(() => submitted('meanwhile'))).toBe('volatile');
    expect(await cleared.run(() => told.some((said) => said.startsWith('ok')))).toBe(false);
    expect(await cleared.run(() => kept())).toEqual(['before', 'meanwhile']);

    await page.reload();
    await page.waitForFunction(() => 'kit' in window);
    const reloaded = await openLot();
    expect(await reloaded.run(() => kept())).toEqual([]);
    expect(await reloaded.run(() => submitted('after'))).toBe('durable');
    await page.close();
    page = await openKit(profile);
    const next = await openLot();
    expect(await next.run(() => kept())).toEqual(['after']);
  });
}

test('in a private window, where the bytes of deleted origin files are gone, nothing is said to be stored', async ({
  page,
}) => {
  const worker = await startWorker(page);
  await worker.run(async () => {
    globalThis.disk = await kit.OpfsDisk.open('private');
    disk.create('a');
    kit.write(disk, 'a', 'gone');
    await disk.sync(['a'], 'strict');
    globalThis.told = new Promise((resolve) => disk.onDeletion(resolve));
  });
  await deleteFiles(page);
  await worker.run(() => told);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(await worker.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')))).toMatch(
      /^io: .*: reload the page$/,
    );
  }
});
