import { expect, openKit, startWorker, test } from '../storage-kit/kit-page.mjs';

test('what was synced is there for the next worker', async ({ page }) => {
  const first = await startWorker(page);
  await first.run(async () => {
    const disk = await kit.OpfsDisk.open('synced');
    disk.create('records-1');
    kit.write(disk, 'records-1', 'first');
    disk.create('gone');
    await disk.sync(['records-1', 'gone'], 'strict');
    disk.remove('gone');
    disk.create('records-2');
    kit.write(disk, 'records-2', 'hello', 3);
    disk.truncate('records-1', 2);
    await disk.sync(['records-1', 'records-2'], 'strict');
  });
  await first.terminate();
  const second = await startWorker(page);
  const seen = await second.run(async () => {
    const disk = await kit.OpfsDisk.open('synced');
    return disk
      .list()
      .sort()
      .map((file) => `${file}: ${kit.read(disk, file)}`);
  });
  expect(seen).toEqual(['records-1: fi', 'records-2: \0\0\0hello']);
});

test('many files may be made between two syncs', async ({ page }) => {
  const worker = await startWorker(page);
  const count = await worker.run(async () => {
    const disk = await kit.OpfsDisk.open('many');
    const names = Array.from({ length: 40 }, (_, i) => `file-${i}`);
    for (const name of names) {
      disk.create(name);
      kit.write(disk, name, name);
    }
    await disk.sync(names, 'strict');
    await disk.close();
    const again = await kit.OpfsDisk.open('many');
    return names.filter((name) => kit.read(again, name) === name).length;
  });
  expect(count).toBe(40);
});

/** What a browser does that knows no file that two workers have open. */
const giveFilesToOneWorker = () => {
  const { createSyncAccessHandle } = FileSystemFileHandle.prototype;
  FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
    const handle = await createSyncAccessHandle.call(this);
    return Object.defineProperty(handle, 'mode', { value: undefined });
  };
};

for (const [where, prepare] of [
  ['', () => undefined],
  [', where files are given to one worker at a time', giveFilesToOneWorker],
]) {
  test(`a worker that is alive is taken over with copies and confirms nothing any more${where}`, async ({
    page,
    context,
  }) => {
    const former = await startWorker(page);
    await former.run(prepare);
    await former.run(async () => {
      globalThis.disk = await kit.OpfsDisk.open('zombie');
      disk.create('a');
      kit.write(disk, 'a', 'durable');
      await disk.sync(['a'], 'strict');
      kit.write(disk, 'a', ', not confirmed', 7);
    });
    const other = await openKit(context);
    const successor = await startWorker(other);
    await successor.run(prepare);
    const taken = await successor.run(async () => {
      globalThis.disk = await kit.OpfsDisk.open('zombie');
      const text = kit.read(disk, 'a');
      disk.create('b');
      await disk.sync(['b'], 'strict');
      return text;
    });
    expect(taken).toMatch(/^durable/);
    const fenced = await former.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')));
    expect(fenced).toMatch(/^fenced/);
    await successor.terminate();
    await former.terminate();
    const third = await startWorker(other);
    await third.run(prepare);
    const files = await third.run(async () => {
      const disk = await kit.OpfsDisk.open('zombie');
      await disk.sync(['a'], 'strict');
      return disk.list().sort();
    });
    expect(files).toEqual(['a', 'b']);
  });
}

test('of two that take over from one that is alive, one owns the files', async ({ page, context }) => {
  const former = await startWorker(page);
  const open = async () => {
    globalThis.disk = await kit.OpfsDisk.open('contested');
    if (disk.list().length === 0) disk.create('a');
  };
  await former.run(open);
  await former.run(() => disk.sync(['a'], 'strict'));
  const others = [await startWorker(await openKit(context)), await startWorker(await openKit(context))];
  await Promise.all(others.map((each) => each.run(open)));
  const faults = await Promise.all(
    [former, ...others].map((each) => each.run(() => kit.faultOf(() => disk.sync(['a'], 'strict')))),
  );
  expect(faults.map((fault) => fault.replace(/:.*/, '')).sort()).toEqual(['fenced', 'fenced', 'ok']);
});

test('what the browser gives no space for stays in memory until a sync finds some', async ({ page }) => {
  const worker = await startWorker(page);
  const seen = await worker.run(async () => {
    const disk = await kit.OpfsDisk.open('quota');
    disk.create('a');
    kit.write(disk, 'a', 'before');
    await disk.sync(['a'], 'strict');
    const { write } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.write = () => {
      throw new DOMException('no space left', 'QuotaExceededError');
    };
    kit.write(disk, 'a', ' and after', 6);
    disk.create('b');
    const fault = await kit.faultOf(() => disk.sync(['a', 'b'], 'strict'));
    const inMemory = kit.read(disk, 'a');
    FileSystemSyncAccessHandle.prototype.write = write;
    const again = await kit.faultOf(() => disk.sync(['a', 'b'], 'strict'));
    await disk.close();
    const next = await kit.OpfsDisk.open('quota');
    return { fault, inMemory, again, files: next.list().sort(), text: kit.read(next, 'a') };
  });
  expect(seen).toEqual({
    fault: 'no_space: the browser gives no more space for files',
    inMemory: 'before and after',
    again: 'ok',
    files: ['a', 'b'],
    text: 'before and after',
  });
});

test('that no more files can be made ahead is no fault of a sync whose files are stored', async ({ page }) => {
  const worker = await startWorker(page);
  const fault = await worker.run(async () => {
    const disk = await kit.OpfsDisk.open('ahead');
    disk.create('a');
    FileSystemDirectoryHandle.prototype.getFileHandle = async () => {
      throw new DOMException('no space left', 'QuotaExceededError');
    };
    return kit.faultOf(() => disk.sync(['a'], 'strict'));
  });
  expect(fault).toBe('ok');
});

test('of changes after one that the browser gave no space for, none is stored without the others', async ({
  page,
}) => {
  const filesOf = async () => {
    globalThis.disk = await kit.OpfsDisk.open('refused');
    return disk
      .list()
      .sort()
      .map((file) => `${file}: ${kit.read(disk, file)}`);
  };
  const changed = async () => {
    const { write } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.write = () => 0;
    kit.write(disk, 'grown', '!', 6);
    FileSystemSyncAccessHandle.prototype.write = write;
    kit.write(disk, 'changed', 'after ');
    disk.truncate('short', 2);
    for (const file of ['gone', 'again']) disk.remove(file);
    for (const file of ['again', 'new', 'passing']) disk.create(file);
    kit.write(disk, 'again', 'anew');
    disk.remove('passing');
    return disk
      .list()
      .sort()
      .map((file) => `${file}: ${kit.read(disk, file)}`);
  };
  const before = ['again: before', 'changed: before', 'gone: before', 'grown: before', 'short: before'];
  const after = ['again: anew', 'changed: after ', 'grown: before!', 'new: ', 'short: be'];

  const first = await startWorker(page);
  await first.run(filesOf);
  await first.run(async () => {
    for (const file of ['again', 'changed', 'gone', 'grown', 'short']) {
      disk.create(file);
      kit.write(disk, file, 'before');
    }
    await disk.sync(disk.list(), 'strict');
  });
  expect(await first.run(changed)).toEqual(after);
  await first.terminate();

  const second = await startWorker(page);
  expect(await second.run(filesOf)).toEqual(before);
  expect(await second.run(changed)).toEqual(after);
  await second.run(() => disk.sync(disk.list(), 'strict'));
  await second.terminate();
  expect(await (await startWorker(page)).run(filesOf)).toEqual(after);
});

test('only dedicated workers have synchronous handles', async ({ page }) => {
  expect(await page.evaluate(() => kit.hasSyncHandles())).toBe(false);
  const worker = await startWorker(page);
  expect(await worker.run(() => kit.hasSyncHandles())).toBe(true);
});
