import { expect, openKit, test } from '../storage-kit/kit-page.mjs';

test('what was synced is there for the next owner, the rest is not', async ({ page, context }) => {
  await page.evaluate(async () => {
    const disk = await kit.idbfs('synced');
    disk.create('a');
    kit.write(disk, 'a', 'first');
    await disk.sync(['a'], 'strict');
    kit.write(disk, 'a', ' second', 5);
    disk.create('b');
  });
  const next = await openKit(context);
  const seen = await next.evaluate(async () => {
    const disk = await kit.idbfs('synced');
    return { files: disk.list(), text: kit.read(disk, 'a') };
  });
  expect(seen).toEqual({ files: ['a'], text: 'first' });
});

test('a write in the same millisecond as a sync is stored by the next one', async ({ page, context }) => {
  await page.evaluate(async () => {
    const disk = await kit.idbfs('frozen');
    const { now } = Date;
    Date.now = () => 1_767_225_600_000;
    disk.create('a');
    kit.write(disk, 'a', 'A');
    const first = disk.sync(['a'], 'strict');
    kit.write(disk, 'a', 'B');
    await first;
    await disk.sync(['a'], 'strict');
    Date.now = now;
  });
  const next = await openKit(context);
  expect(await next.evaluate(async () => kit.read(await kit.idbfs('frozen'), 'a'))).toBe('B');
});

test('files are stored without the spare room behind them, and removed ones vanish', async ({
  page,
  context,
}) => {
  const stored = await page.evaluate(async () => {
    const disk = await kit.idbfs('trimmed');
    disk.create('a');
    disk.create('gone');
    for (let at = 0; at < 500_000; at += 1000) disk.write('a', at, new Uint8Array(1000));
    await disk.sync(['a', 'gone'], 'strict');
    disk.remove('gone');
    await disk.sync([], 'strict');
    const database = await new Promise((resolve) => {
      indexedDB.open('/trimmed').onsuccess = (event) => resolve(event.target.result);
    });
    const store = database.transaction('FILE_DATA').objectStore('FILE_DATA');
    return new Promise((resolve) => {
      store.get('/trimmed/a').onsuccess = ({ target }) => {
        const file = target.result;
        store.getAllKeys().onsuccess = (event) =>
          resolve({ bytes: file.contents.buffer.byteLength, keys: event.target.result });
      };
    });
  });
  expect(stored).toEqual({ bytes: 500_000, keys: ['/trimmed/a', 'owner', ['owner', 1]] });
  const next = await openKit(context);
  expect(await next.evaluate(async () => (await kit.idbfs('trimmed')).list())).toEqual(['a']);
});

test('a former owner that wakes up stores nothing and deletes nothing', async ({ page, context }) => {
  await page.evaluate(async () => {
    window.disk = await kit.idbfs('zombie');
    disk.create('mine');
    kit.write(disk, 'mine', 'old');
    await disk.sync(['mine'], 'strict');
  });
  const successor = await openKit(context);
  await successor.evaluate(async () => {
    window.disk = await kit.idbfs('zombie');
    disk.create('yours');
    kit.write(disk, 'yours', 'new');
    await disk.sync(['yours'], 'strict');
  });
  const zombie = await page.evaluate(() => {
    kit.write(disk, 'mine', 'zombie');
    disk.create('more');
    return kit.faultOf(() => disk.sync(['mine', 'more'], 'strict'));
  });
  expect(zombie).toMatch(/^fenced/);
  expect(await page.evaluate(() => kit.faultOf(() => disk.sync([], 'strict')))).toMatch(/^fenced/);
  const third = await openKit(context);
  const seen = await third.evaluate(async () => {
    const disk = await kit.idbfs('zombie');
    return disk.list().map((file) => `${file}: ${kit.read(disk, file)}`);
  });
  expect(seen).toEqual(['mine: old', 'yours: new']);
});

test('an owner that freezes in the middle of a sync holds up nobody, and its sync is there or not', async ({
  page,
  context,
}) => {
  await page.evaluate(async () => {
    window.disk = await kit.idbfs('frozen');
    disk.create('before');
    await disk.sync(['before'], 'strict');
  });
  const successor = await openKit(context);
  const frozenMs = 8000;
  const frozen = page.evaluate((ms) => {
    disk.create('frozen');
    window.synced = kit.faultOf(() => disk.sync(['frozen'], 'strict'));
    for (const end = Date.now() + ms; Date.now() < end; );
  }, frozenMs);
  const taken = await successor.evaluate(async () => {
    const from = performance.now();
    const disk = await kit.idbfs('frozen');
    return { ms: performance.now() - from, files: disk.list() };
  });
  expect(taken.ms).toBeLessThan(frozenMs / 2);
  await frozen;
  const synced = await page.evaluate(() => window.synced);
  expect(taken.files).toEqual(synced === 'ok' ? ['before', 'frozen'] : ['before']);
  expect(await page.evaluate(() => kit.faultOf(() => disk.sync([], 'strict')))).toMatch(/^fenced/);
});

test('two that open at once have epochs of their own, and the later one owns the files', async ({
  page,
  context,
}) => {
  const pages = [page, await openKit(context), await openKit(context)];
  await Promise.all(
    pages.map((each) =>
      each.evaluate(async () => {
        window.disk = await kit.idbfs('contested');
      }),
    ),
  );
  const faults = await Promise.all(
    pages.map((each) => each.evaluate(() => kit.faultOf(() => disk.sync([], 'strict')))),
  );
  expect(faults.map((fault) => fault.replace(/:.*/, '')).sort()).toEqual(['fenced', 'fenced', 'ok']);
});

test('an owner that has slept for long asks whether it still is one', async ({ page, context }) => {
  await page.evaluate(async () => {
    window.disk = await kit.idbfs('slept');
    await disk.sync([], 'strict');
  });
  const other = await openKit(context);
  const dropClaims = () =>
    other.evaluate(async () => {
      const disk = await kit.idbfs('slept');
      const db = await new Promise((resolve) => {
        indexedDB.open('/slept').onsuccess = (event) => resolve(event.target.result);
      });
      const store = db.transaction('FILE_DATA', 'readwrite').objectStore('FILE_DATA');
      await new Promise((resolve) => {
        store.delete(IDBKeyRange.bound(['owner', 0], ['owner', Infinity])).onsuccess = resolve;
      });
      db.close();
      await disk.close();
    });
  await dropClaims();
  const asleep = await page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 120_000;
    return kit.faultOf(() => disk.sync([], 'strict'));
  });
  expect(asleep).toMatch(/^fenced/);
});

for (const [name, breakIt, words] of [
  [
    'a transaction that is aborted, as for want of space,',
    () => {
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = function (...all) {
        const made = transaction.apply(this, all);
        made.abort();
        return made;
      };
    },
    /transaction/,
  ],
  [
    'a put that fails',
    () => {
      IDBObjectStore.prototype.put = function () {
        return this.add('x', ['owner', 1]);
      };
    },
    /already exists/,
  ],
  [
    'a database that cannot be written',
    () => {
      IDBDatabase.prototype.transaction = () => {
        throw new DOMException('no transactions', 'InvalidStateError');
      };
    },
    /no transactions/,
  ],
]) {
  test(`${name} is an error, and the next sync stores everything`, async ({ page, context }) => {
    const first = await page.evaluate(
      async ([source, databaseName]) => {
        const disk = await kit.idbfs(databaseName);
        const { transaction } = IDBDatabase.prototype;
        const { put } = IDBObjectStore.prototype;
        disk.create('a');
        kit.write(disk, 'a', 'kept');
        (0, eval)(`(${source})`)();
        const fault = await kit.faultOf(() => disk.sync(['a'], 'strict'));
        IDBDatabase.prototype.transaction = transaction;
        IDBObjectStore.prototype.put = put;
        await disk.sync([], 'strict');
        return fault;
      },
      [breakIt.toString(), 'failing'],
    );
    expect(first).toMatch(words);
    const next = await openKit(context);
    expect(await next.evaluate(async () => kit.read(await kit.idbfs('failing'), 'a'))).toBe('kept');
  });
}

test('a sync whose answer never comes is read back and judged', async ({ page }) => {
  const judged = await page.evaluate(async () => {
    const disk = await kit.idbfs('silent', 200);
    const { transaction } = IDBDatabase.prototype;
    const silence = (abort) => {
      IDBDatabase.prototype.transaction = function (stores, mode, options) {
        const made = transaction.call(this, stores, mode, options);
        if (mode === 'readwrite') {
          for (const event of ['oncomplete', 'onabort']) Object.defineProperty(made, event, { set: () => 0 });
          if (abort) made.commit = () => made.abort();
        }
        return made;
      };
    };
    disk.create('a');
    silence(false);
    const stored = await kit.faultOf(() => disk.sync(['a'], 'strict'));
    disk.create('b');
    silence(true);
    const lost = await kit.faultOf(() => disk.sync(['b'], 'strict'));
    IDBDatabase.prototype.transaction = transaction;
    const again = await kit.faultOf(() => disk.sync(['b'], 'strict'));
    await disk.close();
    return { stored, lost, again, files: (await kit.idbfs('silent')).list() };
  });
  expect(judged).toEqual({
    stored: 'ok',
    lost: 'io: the browser did not store the files',
    again: 'ok',
    files: ['a', 'b'],
  });
});

/** Deletes the database of a disk from another tab. */
async function deleteFrom(context, name) {
  const other = await openKit(context);
  const deletion = await other.evaluate(
    (name) =>
      new Promise((resolve) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => resolve('deleted');
        request.onblocked = () => resolve('blocked');
      }),
    `/${name}`,
  );
  expect(deletion).toBe('deleted');
  return other;
}

test('a database that is deleted in another tab is stored anew, with all that was in it', async ({
  page,
  context,
}) => {
  await page.evaluate(async () => {
    window.disk = await kit.idbfs('deleted');
    disk.create('early');
    kit.write(disk, 'early', 'kept');
    await disk.sync(['early'], 'strict');
    disk.onDeletion(() => {
      window.isTold = true;
    });
  });
  await deleteFrom(context, 'deleted');
  const told = await page.evaluate(async () => {
    disk.create('late');
    await disk.sync(['late'], 'strict');
    return window.isTold;
  });
  expect(told).toBe(true);
  await page.close();
  const next = await openKit(context);
  const seen = await next.evaluate(async () => {
    const disk = await kit.idbfs('deleted');
    return { files: disk.list().sort(), text: kit.read(disk, 'early') };
  });
  expect(seen).toEqual({ files: ['early', 'late'], text: 'kept' });
});

test('a deleted database that somebody else has begun anew is theirs', async ({ page, context }) => {
  await page.evaluate(async () => {
    window.disk = await kit.idbfs('begun');
  });
  const other = await deleteFrom(context, 'begun');
  await other.evaluate(async () => {
    window.disk = await kit.idbfs('begun');
  });
  expect(await page.evaluate(() => kit.faultOf(() => disk.sync([], 'strict')))).toMatch(/^fenced/);
  expect(await other.evaluate(() => kit.faultOf(() => disk.sync([], 'strict')))).toBe('ok');
});

test('a sync costs what was changed, however many files there are', async ({ page }) => {
  const puts = await page.evaluate(async () => {
    const disk = await kit.idbfs('many');
    for (let i = 0; i < 500; i++) {
      disk.create(`file-${i}`);
      kit.write(disk, `file-${i}`, 'x'.repeat(1000));
    }
    await disk.sync([], 'strict');
    const { put, get } = IDBObjectStore.prototype;
    let count = 0;
    IDBObjectStore.prototype.put = function (...all) {
      count++;
      return put.apply(this, all);
    };
    IDBObjectStore.prototype.get = function (...all) {
      count++;
      return get.apply(this, all);
    };
    kit.write(disk, 'file-7', 'y', 1000);
    await disk.sync(['file-7'], 'strict');
    return count;
  });
  // The file and the owner.
  expect(puts).toBe(2);
});
