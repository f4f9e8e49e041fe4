import { DiskError } from './disk.js';
import { bytesOf, exists, namesIn, openSync, type SyncHandle } from './opfs-handles.js';

const ownerName = 'owner';
const completeName = 'complete';
const folderOf = (number: number) => `epoch-${number}`;

/** A folder that this worker alone may write, and the handle that says so as long as it is open. */
export interface Epoch {
  readonly number: number;
  readonly folder: FileSystemDirectoryHandle;
  readonly owner: SyncHandle;
}

/**
 * Takes over the newest complete epoch.
 *
 * Handles are exclusive, so an owner whose `owner` file can be opened is gone, and its folder goes on. One that is only
 * frozen keeps its handles: then the next epoch begins with copies of its files. It looks for that folder after every
 * flush and before it says that anything is durable, so what it says was there when the copies were made.
 *
 * An epoch's folder is deleted only after all before it: as long as a frozen owner has its own, the next one is there to be
 * found.
 */
export async function takeEpoch(root: FileSystemDirectoryHandle): Promise<Epoch> {
  const numbers = await epochsIn(root);
  const source = await newestComplete(root, numbers);
  if (source === 0) return beginEpoch(root, 1 + Math.max(0, ...numbers), async () => undefined);
  const folder = await root.getDirectoryHandle(folderOf(source));
  const owner = await openOwner(folder);
  if (owner) {
    await removeFailedCopies(root, numbers, source, owner);
    await removeBelow(root, numbers, source);
    return { number: source, folder, owner };
  }
  const taken = await beginEpoch(root, source + 1, (into) => copy(folder, into));
  await removeBelow(root, numbers, taken.number);
  return taken;
}

/** Whether another owner has begun the next epoch. */
export function isFenced(root: FileSystemDirectoryHandle, epoch: Epoch): Promise<boolean> {
  return exists(root, folderOf(epoch.number + 1));
}

/** The files of an epoch, without those that it consists of. */
export async function filesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name !== ownerName && name !== completeName);
}

async function beginEpoch(
  root: FileSystemDirectoryHandle,
  from: number,
  fill: (folder: FileSystemDirectoryHandle) => Promise<void>,
): Promise<Epoch> {
  for (let number = from; ; number++) {
    const folder = await root.getDirectoryHandle(folderOf(number), { create: true });
    const owner = await openOwner(folder);
    // Another one that froze while it took over.
    if (!owner) continue;
    for (const name of await filesIn(folder)) await folder.removeEntry(name);
    await fill(folder);
    await folder.getFileHandle(completeName, { create: true });
    return { number, folder, owner };
  }
}

async function copy(from: FileSystemDirectoryHandle, into: FileSystemDirectoryHandle): Promise<void> {
  for (const name of await filesIn(from)) {
    const handle = await openSync(into, name);
    try {
      handle.write(await bytesOf(from, name), { at: 0 });
      handle.flush();
    } finally {
      handle.close();
    }
  }
}

async function epochsIn(root: FileSystemDirectoryHandle): Promise<number[]> {
  const names = await namesIn(root);
  return names
    .flatMap((name) => (/^epoch-\d+$/.test(name) ? [Number(name.slice(6))] : []))
    .sort((a, b) => a - b);
}

async function newestComplete(root: FileSystemDirectoryHandle, numbers: readonly number[]): Promise<number> {
  for (const number of [...numbers].reverse()) {
    const folder = await root.getDirectoryHandle(folderOf(number));
    if ((await namesIn(folder)).includes(completeName)) return number;
  }
  return 0;
}

/** The handle of the owner, or undefined while another worker has it. */
async function openOwner(folder: FileSystemDirectoryHandle): Promise<SyncHandle | undefined> {
  // The handles of a worker that was just terminated are freed a moment later.
  for (let patience = 10; ; patience--) {
    try {
      return await openSync(folder, ownerName);
    } catch (error) {
      if ((error as { name?: string }).name !== 'NoModificationAllowedError') throw error;
      if (patience === 0) return undefined;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

async function removeFailedCopies(
  root: FileSystemDirectoryHandle,
  numbers: readonly number[],
  source: number,
  owner: SyncHandle,
): Promise<void> {
  for (const number of [...numbers].reverse().filter((each) => each > source)) {
    try {
      await root.removeEntry(folderOf(number), { recursive: true });
    } catch (cause) {
      owner.close();
      throw new DiskError('locked', 'another worker is taking these files over; try again', cause);
    }
  }
}

async function removeBelow(
  root: FileSystemDirectoryHandle,
  numbers: readonly number[],
  kept: number,
): Promise<void> {
  for (const number of numbers.filter((each) => each < kept)) {
    try {
      await root.removeEntry(folderOf(number), { recursive: true });
    } catch {
      // Its owner is frozen, and needs the folders above to find out.
      return;
    }
  }
}
