import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { origin } from '../server/address.mjs';
import { expect, openKit, serveKit, startWorker, test as withKit } from '../storage-kit/kit-page.mjs';

/** A profile on disk: in private windows the bytes of files are gone with them. */
const test = withKit.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it
  profile: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'parking-lot-profile-'));
    const { launchOptions } = test.info().project.use;
    const profile = await chromium.launchPersistentContext(folder, {
      ...launchOptions,
      baseURL: origin,
      headless: true,
    });
    await serveKit(profile);
    await use(profile);
    await profile.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  },
});

/** As a browser does when somebody clears what a site has stored. */
async function deleteFiles(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'file_systems' });
}

test('origin files that are deleted under their owner are stored again, where the next one finds them', async ({
  profile,
}) => {
  const page = await openKit(profile);
  const worker = await startWorker(page);
  await worker.run(async () => {
    globalThis.disk = await kit.OpfsDisk.open('deleted');
    for (const name of ['a', 'gone']) disk.create(name);
    kit.write(disk, 'a', 'before');
    disk.create('large');
    disk.write('large', 0, new Uint8Array(2_500_000).fill(65));
    await disk.sync(disk.list(), 'strict');
    globalThis.told = new Promise((resolve) => disk.onDeletion(resolve));
  });
  await deleteFiles(page);
  await worker.run(async () => {
    disk.write('large', 2_500_000, new Uint8Array(1_500_000).fill(65));
    await told;
    kit.write(disk, 'a', ', after', 6);
    disk.remove('gone');
    disk.create('b');
    kit.write(disk, 'b', 'new');
    await disk.sync(disk.list(), 'strict');
  });
  await worker.terminate();
  const next = await startWorker(page);
  const files = await next.run(async () => {
    const disk = await kit.OpfsDisk.open('deleted');
    return disk.list().map((file) => `${file}: ${kit.read(disk, file).replace(/^A+$/, (all) => all.length)}`);
  });
  expect(files.sort()).toEqual(['a: before, after', 'b: new', 'large: 4000000']);
});

test('origin files that are deleted twice are stored again twice', async ({ profile }) => {
  const page = await openKit(profile);
  const worker = await startWorker(page);
  await worker.run(async () => {
    globalThis.disk = await kit.OpfsDisk.open('twice');
    disk.create('a');
    kit.write(disk, 'a', 'all of it');
    await disk.sync(['a'], 'strict');
    globalThis.times = 0;
    disk.onDeletion(() => times++);
  });
  for (const times of [1, 2]) {
    await deleteFiles(page);
    await expect.poll(() => worker.run(() => times)).toBe(times);
    await worker.run(() => disk.sync(disk.list(), 'strict'));
  }
  await worker.terminate();
  const next = await startWorker(page);
  expect(await next.run(async () => kit.read(await kit.OpfsDisk.open('twice'), 'a'))).toBe('all of it');
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

test('a lot whose origin files are deleted says so, also when it is idle, and stores all of it again', async ({
  profile,
}) => {
  const page = await openKit(profile);
  const worker = await startWorker(page);
  const open = async () => {
    const config = { pools: { p: { max_units: 1, queue: 'opfs', mailbox: { storage: 'opfs' } } } };
    globalThis.lot = await kit.LocalLot.open(config, { handlers: { p: (payload) => payload } });
  };
  await worker.run(open);
  await worker.run(async () => {
    globalThis.told = [];
    lot.onHealth(({ pools }) => told.push(`${pools.p.status}: ${pools.p.reason}`));
    globalThis.submitted = async (taskId) => {
      const task = await lot.pool('p').submit({ taskId, payload: taskId, mailbox: { tenant: 't' } });
      await task.outcome();
      return task.durability;
    };
  });
  expect(await worker.run(() => submitted('before'))).toBe('durable');
  await deleteFiles(page);
  await expect.poll(() => worker.run(() => told[0])).toBe('volatile: what was stored has been deleted or replaced');
  await worker.run(() => submitted('meanwhile'));
  await expect.poll(() => worker.run(() => told[1])).toBe('ok: undefined');
  expect(await worker.run(() => submitted('after'))).toBe('durable');
  await worker.terminate();
  const next = await startWorker(page);
  await next.run(open);
  const kept = await next.run(async () =>
    (await lot.mailbox({ tenant: 't' }).fetch()).map((message) => message.taskId),
  );
  expect(kept).toEqual(['before', 'meanwhile', 'after']);
});

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
    expect(await worker.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')))).toMatch(/^io: the files were deleted/);
  }
});
