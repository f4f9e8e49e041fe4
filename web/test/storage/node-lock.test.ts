import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isAlive, lockFolder, type NodeFiles, nameOf } from '../../src/storage/node-lock.js';
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

test('an owner that was killed holds nothing, and leaves nothing to be cleared away', async () => {
  const folder = scratchFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  writeFileSync(path.join(folder, '.owner.7'), nameOf(files, child.pid!));
  assert.throws(() => lockFolder(files, folder), { fault: 'locked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockFolder(files, folder);
  assert.deepEqual(ownersIn(folder), ['.owner.8']);
});

test('a process with the id of a dead one is told from it', () => {
  const name = nameOf(files, process.pid);
  assert.equal(isAlive(files, name), true);
  assert.equal(isAlive(files, name.replace(/^start .*$/m, 'start 1')), false);
  assert.equal(isAlive(files, name.replace(/^boot .*$/m, 'boot another')), false);
  assert.equal(isAlive(files, 'released\n'), false);
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
