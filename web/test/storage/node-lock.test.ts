import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { lockFolder, type NodeFiles } from '../../src/storage/node-lock.js';
import { liveOwner, nameOf, showEveryMs, silenceMs } from '../../src/storage/node-owner.js';
import { scratchFolder } from './scratch.js';

const files = fs as unknown as NodeFiles;
const ownersIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('.owner.'));

test('a folder has one owner, until that one releases it', () => {
  const folder = scratchFolder();
  const lock = lockFolder(files, folder);
  assert.throws(() => lockFolder(files, folder), {
    fault: 'locked',
    message: new RegExp(`in use by process ${process.pid};`),
  });
  lock.release();
  lockFolder(files, folder).release();
});

/** A process that owns the folder as `.owner.<number>`, by the file that it has open. */
async function startOwner(folder: string, number: number) {
  const name = path.join(folder, `.owner.${number}`);
  const file = fs.openSync(name, 'w');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    stdio: ['ignore', file, 'ignore'],
  });
  await once(child, 'spawn');
  fs.closeSync(file);
  writeFileSync(name, nameOf(files, child.pid!));
  return child;
}

test('an owner that was killed holds nothing, and leaves nothing to be cleared away', async () => {
  const folder = scratchFolder();
  const child = await startOwner(folder, 7);
  assert.throws(() => lockFolder(files, folder), { fault: 'locked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(files, folder);
  assert.deepEqual(ownersIn(folder), ['.owner.8']);
});

test('a process with the id of a dead one is told from it', async () => {
  const folder = scratchFolder();
  const child = await startOwner(folder, 1);
  const name = nameOf(files, child.pid!);
  const ownerNamed = (text: string) => {
    writeFileSync(path.join(folder, '.owner.1'), text);
    return liveOwner(files, folder, '.owner.1');
  };
  assert.equal(ownerNamed(name), `process ${child.pid}`);
  assert.equal(ownerNamed(name.replace(/^start .*$/m, 'start 1')), undefined);
  assert.equal(ownerNamed(name.replace(/^ns .*\n/m, '').replace(/^boot .*$/m, 'boot another')), undefined);
  assert.equal(ownerNamed('released\n'), undefined);
  child.kill('SIGKILL');
});

test('a copy of a folder that has an owner has none', () => {
  const folder = scratchFolder();
  const copy = scratchFolder();
  const lock = lockFolder(files, folder);
  fs.cpSync(folder, copy, { recursive: true, preserveTimestamps: true });
  lockFolder(files, copy).release();
  assert.throws(() => lockFolder(files, folder), { fault: 'locked' });
  lock.release();
});

test('a thread that ends without closing lets its folders go', async () => {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, '.owner.1'), nameOf(files, process.pid));
  const worker = new Worker(
    `const fs = require('node:fs');
     fs.openSync(${JSON.stringify(path.join(folder, '.owner.1'))}, 'r');
     require('node:worker_threads').parentPort.once('message', () => process.exit());`,
    { eval: true },
  );
  await once(worker, 'online');
  while (liveOwner(files, folder, '.owner.1') === undefined) await new Promise(setImmediate);
  assert.throws(() => lockFolder(files, folder), { fault: 'locked' });
  worker.postMessage('end');
  await once(worker, 'exit');
  lockFolder(files, folder).release();
});

/** The name of an owner that runs in another container. */
const stranger = () => nameOf(files, process.pid).replace(/^ns .*$/m, 'ns pid:[1]');
const setAge = (name: string, ms: number) => {
  const time = new Date(Date.now() - ms);
  fs.utimesSync(name, time, time);
};

for (const [where, name] of [
  ['container', stranger()],
  ['machine', stranger().replace(/^boot .*$/m, 'boot another')],
] as const) {
  test(`an owner in another ${where} is alive as long as it shows itself`, () => {
    const folder = scratchFolder();
    const file = path.join(folder, '.owner.1');
    writeFileSync(file, name);
    setAge(file, silenceMs - 2000);
    assert.throws(() => lockFolder(files, folder), {
      fault: 'locked',
      message: /process \d+ in another container or on another machine, last seen \d\.\d s ago/,
    });
    setAge(file, silenceMs + 100);
    lockFolder(files, folder).release();
    assert.deepEqual(ownersIn(folder), ['.owner.2']);
  });
}

test('an owner shows itself by the time of its file, which it does not change otherwise', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const folder = scratchFolder();
  const file = path.join(folder, '.owner.1');
  const lock = lockFolder(files, folder);
  const text = fs.readFileSync(file, 'utf8');
  setAge(file, 60_000);
  t.mock.timers.tick(showEveryMs);
  assert.ok(Date.now() - statSync(file).mtimeMs < 5000);
  assert.equal(fs.readFileSync(file, 'utf8'), text);
  lock.release();
  setAge(file, 60_000);
  t.mock.timers.tick(showEveryMs);
  assert.ok(Date.now() - statSync(file).mtimeMs > 50_000, 'a released one shows itself no more');
});

/** What may have happened while an owner stood still. */
const takeovers: [string, (folder: string) => void][] = [
  ['by the next owner', (folder) => writeFileSync(path.join(folder, '.owner.2'), stranger())],
  ['by the one after the next', (folder) => fs.rmSync(path.join(folder, '.owner.1'))],
  ['by a native owner', (folder) => fs.truncateSync(path.join(folder, '.owner.1'))],
];
for (const [by, takeOver] of takeovers) {
  test(`an owner that stood still writes nothing once it was taken over ${by}`, (t) => {
    const folder = scratchFolder();
    t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
    const lock = lockFolder(files, folder);
    lock.confirm();
    t.mock.timers.setTime(1_000_000 + silenceMs);
    lock.confirm();
    takeOver(folder);
    t.mock.timers.setTime(1_000_000 + 2 * silenceMs);
    assert.throws(() => lock.confirm(), { fault: 'fenced' });
    assert.throws(() => lock.confirm(), { fault: 'fenced' });
    lock.release();
  });
}

test('an owner that wakes up while it is taken over keeps its folder', () => {
  const folder = scratchFolder();
  const file = path.join(folder, '.owner.1');
  writeFileSync(file, stranger());
  setAge(file, silenceMs + 100);
  const waking: NodeFiles = {
    ...files,
    linkSync(from, to) {
      files.linkSync(from, to);
      setAge(file, 0);
    },
  };
  assert.throws(() => lockFolder(waking, folder), { fault: 'locked' });
  assert.deepEqual(ownersIn(folder), ['.owner.1']);
});

test('a claim that comes between loses, and the winner stays', () => {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, '.owner.1'), 'released\n');
  let raced = false;
  const racing: NodeFiles = {
    ...files,
    linkSync(from, to) {
      if (!raced) {
        raced = true;
        lockFolder(files, folder);
      }
      files.linkSync(from, to);
    },
  };
  assert.throws(() => lockFolder(racing, folder), { fault: 'locked' });
  assert.deepEqual(ownersIn(folder), ['.owner.2']);
});

test('a lock that a native process holds is seen in the list of the kernel', () => {
  const folder = scratchFolder();
  const lockFile = path.join(folder, 'lock');
  writeFileSync(lockFile, 'process 4711 on host\n');
  const line = `1: OFDLCK ADVISORY  WRITE -1 fe:01:${statSync(lockFile).ino} 0 EOF\n`;
  const kernel = (locks: string): NodeFiles => ({
    ...files,
    readFileSync: (name, encoding) => (name === '/proc/locks' ? locks : files.readFileSync(name, encoding)),
  });
  assert.throws(() => lockFolder(kernel(line), folder), { message: /in use by process 4711 on host;/ });
  lockFolder(kernel(line.replace('OFDLCK', 'POSIX')), folder);
  assert.ok(existsSync(lockFile));
});
