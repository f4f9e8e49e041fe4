// Measures in a dedicated worker: submissions to a durable lot, and the bare storage with the same bytes in the same batches.

import { LocalLot } from '../../../web/src/local-lot.js';
import { storage as storageModule } from '../../../web/src/storage/index.js';
import { OpfsDisk } from '../../../web/src/storage/opfs-disk.js';

const strict = { durability: 'strict' };

/** Counts what a lot hands to the browser: syncs, and the bytes in them. */
function countWrites(kind) {
  const counted = { syncs: 0, bytes: 0 };
  if (kind === 'idbfs') {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, key) {
      if (key === 'owner') counted.syncs++;
      else counted.bytes += value.contents?.byteLength ?? 0;
      return put.call(this, value, key);
    };
    counted.stop = () => Object.assign(IDBObjectStore.prototype, { put });
  } else {
    const { write, flush } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
      counted.bytes += bytes.byteLength;
      return write.call(this, bytes, options);
    };
    FileSystemSyncAccessHandle.prototype.flush = function () {
      counted.syncs++;
      return flush.call(this);
    };
    counted.stop = () => Object.assign(FileSystemSyncAccessHandle.prototype, { write, flush });
  }
  return counted;
}

/** `count` submissions, `inFlight` at a time; the time that each tenth of them took. */
async function submissions({ kind, count, inFlight, round }) {
  const storage = { type: kind, [kind === 'idbfs' ? 'database' : 'directory']: `bench-${kind}-${round}` };
  const counted = countWrites(kind);
  const config = { pools: { p: { max_units: 1, max_queue_depth: 2 * count, queue: storage } } };
  const lot = await LocalLot.open(config, {}, storageModule);
  const pool = lot.pool('p');
  await pool.pause();
  counted.syncs = counted.bytes = 0;
  const tenths = [];
  let submitted = 0;
  const submitter = async (until) => {
    while (submitted < until) {
      submitted++;
      const task = await pool.submit({ payload: { prompt: 'x'.repeat(80), n: submitted } });
      if (task.durability !== 'durable') throw new Error('the browser does not store');
    }
  };
  const start = performance.now();
  for (let tenth = 1; tenth <= 10; tenth++) {
    const begin = performance.now();
    await Promise.all(Array.from({ length: inFlight }, () => submitter((count * tenth) / 10)));
    tenths.push(performance.now() - begin);
  }
  const ms = performance.now() - start;
  counted.stop();
  const { syncs, bytes } = counted;
  await lot.close();
  return { ms, tenths, syncs, bytes };
}

/** One put a batch, each in a transaction of its own. */
async function barePuts({ syncs, bytes, round }) {
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open(`bare-${round}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('batches');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const batch = new Uint8Array(Math.max(1, Math.round(bytes / syncs)));
  const start = performance.now();
  for (let i = 0; i < syncs; i++) {
    await new Promise((resolve, reject) => {
      const transaction = database.transaction('batches', 'readwrite', strict);
      transaction.objectStore('batches').put(batch, i);
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
  }
  const ms = performance.now() - start;
  database.close();
  return ms;
}

/** Appends a batch and flushes. */
async function bareFlushes({ syncs, bytes, round }) {
  const folder = await navigator.storage.getDirectory();
  const handle = await (await folder.getFileHandle(`bare-${round}`, { create: true })).createSyncAccessHandle();
  const batch = new Uint8Array(Math.max(1, Math.round(bytes / syncs)));
  const start = performance.now();
  for (let i = 0; i < syncs; i++) {
    handle.write(batch, { at: i * batch.length });
    handle.flush();
  }
  const ms = performance.now() - start;
  handle.close();
  return ms;
}

/** The same through a disk of the package, which looks for another owner after each flush. */
async function diskFlushes({ syncs, bytes, round }) {
  const disk = await OpfsDisk.open(`disk-${round}`);
  const batch = new Uint8Array(Math.max(1, Math.round(bytes / syncs)));
  disk.create('batches');
  await disk.sync(['batches'], 'strict');
  const start = performance.now();
  for (let i = 0; i < syncs; i++) {
    disk.write('batches', i * batch.length, batch);
    await disk.sync(['batches'], 'strict');
  }
  const ms = performance.now() - start;
  await disk.close();
  return ms;
}

self.addEventListener('message', async ({ data }) => {
  try {
    const lot = await submissions(data);
    const bareMs = await (data.kind === 'idbfs' ? barePuts : bareFlushes)({ ...data, ...lot });
    const diskMs = data.kind === 'opfs' ? await diskFlushes({ ...data, ...lot }) : 0;
    self.postMessage({ ...lot, bareMs, diskMs });
  } catch (error) {
    self.postMessage({ failure: String(error?.stack ?? error) });
  }
});
