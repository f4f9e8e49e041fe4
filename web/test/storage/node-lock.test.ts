import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
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

test('a claim that was withdrawn leaves the owner that it met', () => {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, '.owner.1'), stranger());
  writeFileSync(path.join(folder, '.owner.2'), 'released\n');
  const withdrawing: NodeFiles = {
    ...files,
    linkSync(from, to) {
      files.linkSync(from, to);
      fs.rmSync(path.join(folder, '.owner.2'), { force: true });
    },
  };
  assert.throws(() => lockFolder(withdrawing, folder), { fault: 'locked', message: /in another container/ });
  assert.deepEqual(ownersIn(folder), ['.owner.1']);
});

/** What the kernel lists while a native process holds the lock. */
const kernelHolding = (lockFile: string) =>
  `1: OFDLCK ADVISORY  WRITE -1 fe:01:${statSync(lockFile).ino} 0 EOF\n`;

test('a lock that a native process holds is seen in the list of the kernel', () => {
  const folder = scratchFolder();
  const lockFile = path.join(folder, 'lock');
  writeFileSync(lockFile, 'process 4711 on host\n');
  const line = kernelHolding(lockFile);
  const kernel = (locks: string): NodeFiles => ({
    ...files,
    readFileSync: (name, encoding) => (name === '/proc/locks' ? locks : files.readFileSync(name, encoding)),
  });
  assert.throws(() => lockFolder(kernel(line), folder), { message: /in use by process 4711 on host;/ });
  lockFolder(kernel(line.replace('OFDLCK', 'POSIX')), folder);
  assert.ok(existsSync(lockFile));
});

test('an owner outlives the lock of a native process that is given up again', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const folder = scratchFolder();
  const lockFile = path.join(folder, 'lock');
  writeFileSync(lockFile, 'process 4711 on host\n');
  let looks = 0;
  let isHeld = (_look: number) => false;
  const kernel: NodeFiles = {
    ...files,
    readFileSync: (name, encoding) => {
      if (name !== '/proc/locks') return files.readFileSync(name, encoding);
      return isHeld(looks++) ? kernelHolding(lockFile) : '';
    },
  };
  const lock = lockFolder(kernel, folder);
  looks = 0;
  isHeld = (look) => look !== 3;
  t.mock.timers.tick(showEveryMs);
  assert.equal(looks, 4, 'it has looked until it was free, though it is taken again');
  lock.confirm();
  isHeld = () => true;
  t.mock.timers.tick(showEveryMs);
  assert.throws(() => lock.confirm(), { fault: 'fenced' }, 'but not one that stays');
  lock.release();
});

test('an owner that woke up outlives the claim that is withdrawn because of it', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const folder = scratchFolder();
  const claim = path.join(folder, '.owner.2');
  let looks = 0;
  const withdrawing: NodeFiles = {
    ...files,
    readFileSync: (name, encoding) => {
      if (name === claim && looks++ === 2) fs.rmSync(claim);
      return files.readFileSync(name, encoding);
    },
  };
  const lock = lockFolder(withdrawing, folder);
  writeFileSync(claim, stranger());
  t.mock.timers.tick(showEveryMs);
  assert.ok(!existsSync(claim));
  lock.confirm();
  lock.release();
});

test('an owner that is taken over by a native one at the moment when it shows itself sees it', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const folder = scratchFolder();
  const cut: NodeFiles = {
    ...files,
    ftruncateSync(file, length) {
      fs.truncateSync(path.join(folder, '.owner.1'));
      files.ftruncateSync(file, length);
    },
  };
  const lock = lockFolder(cut, folder);
  t.mock.timers.tick(showEveryMs);
  assert.throws(() => lock.confirm(), { fault: 'fenced' });
  lock.release();
});

for (const [what, lose] of [
  ['deleted', (file: string) => fs.rmSync(file)],
  ['cut', (file: string) => fs.truncateSync(file)],
] as const) {
  test(`an owner whose file is ${what} looks before it writes`, async () => {
    const folder = scratchFolder();
    const lock = lockFolder(files, folder);
    lose(path.join(folder, '.owner.1'));
    await setTimeout(1);
    assert.throws(() => lock.confirm(), { fault: 'fenced', message: /may have another owner/ });
    lock.release();
  });
}

test('an owner whose folder was moved goes on, until another one has the old place', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const folder = scratchFolder();
  const place = path.join(folder, 'store');
  fs.mkdirSync(place);
  const moved = lockFolder(files, place);
  fs.renameSync(place, path.join(folder, 'away'));
  t.mock.timers.tick(showEveryMs);
  moved.confirm();
  fs.mkdirSync(place);
  const next = lockFolder(files, place);
  t.mock.timers.tick(showEveryMs);
  assert.throws(() => moved.confirm(), { fault: 'fenced' });
  next.confirm();
  moved.release();
  next.release();
});
