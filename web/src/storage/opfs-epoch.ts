import { DiskError } from './disk.js';
import { bytesOf, exists, namesIn, openShared, openSync, type SyncHandle } from './opfs-handles.js';

const ownerName = 'owner';
const completeName = 'complete';
const fenceName = 'fence';
const ownNames = [ownerName, completeName, fenceName];
const folderOf = (number: number) => `epoch-${number}`;

/** A folder that this worker alone may write, and the handle that says so as long as it is open. */
export interface Epoch {
  readonly number: number;
  readonly folder: FileSystemDirectoryHandle;
  readonly owner: SyncHandle;
  /** What stands in the owner's file: tells it from that of another epoch in the same place. */
  readonly token: string;
  /** A file that successors write to; undefined where browsers do not let two workers have one file. */
  readonly fence: SyncHandle | undefined;
}

/**
 * Takes over the newest complete epoch.
 *
 * Handles are exclusive, so an owner whose `owner` file can be opened is gone, and its folder goes on. One that is only
 * frozen keeps its handles: then the next epoch begins with copies of its files. Before they are made something is written
 * to its fence. It looks there, or for the folder of the next epoch, after every flush and before it says that anything is
 * durable, so what it says was there when the copies were made.
 *
 * An epoch's folder is deleted only after all before it: as long as a frozen owner has its own, the next one is there to be
 * found.
 */
export async function takeEpoch(root: FileSystemDirectoryHandle): Promise<Epoch> {
  const numbers = await epochsIn(root);
  const source = await newestComplete(root, numbers);
  const alive: FileSystemDirectoryHandle[] = [];
  if (source !== 0) {
    const folder = await root.getDirectoryHandle(folderOf(source));
    const owner = await openOwner(folder);
    if (owner) {
      await removeFailedCopies(root, numbers, source, owner);
      await removeBelow(root, numbers, source);
      return {
        number: source,
        folder,
        owner,
        token: signed(owner),
        fence: await openFence(root, folder, source),
      };
    }
    alive.push(folder);
  }
  const epoch = await beginEpoch(root, source === 0 ? Math.max(1, ...numbers) : source + 1, alive);
  try {
    const before = await lastComplete(alive);
    if (before) await copy(before, epoch.folder);
    await complete(epoch);
  } catch (error) {
    releaseEpoch(epoch);
    throw error;
  }
  await removeBelow(root, numbers, epoch.number);
  return epoch;
}

/** Whether somebody has completed an epoch where all of them had been deleted. */
export async function isBegunByAnother(root: FileSystemDirectoryHandle): Promise<boolean> {
  try {
    return (await newestComplete(root, await epochsIn(root))) !== 0;
  } catch (error) {
    if ((error as { name?: string }).name === 'NotFoundError') return false;
    throw error;
  }
}

/** From now on the epoch is the one that successors take over. */
async function complete({ folder }: Epoch): Promise<void> {
  await folder.getFileHandle(completeName, { create: true });
}

/** Whether the folder was deleted: handles on files in it still work then, but nobody will find them. */
export async function isDeleted({ folder, token }: Epoch): Promise<boolean> {
  try {
    return new TextDecoder().decode(await bytesOf(folder, ownerName)) !== token;
  } catch (error) {
    if ((error as { name?: string }).name === 'NotFoundError') return true;
    throw error;
  }
}

/** Whether another owner has begun the next epoch. At once where there is a fence: looking for a folder takes longer than a flush. */
export function isFenced(root: FileSystemDirectoryHandle, epoch: Epoch): boolean | Promise<boolean> {
  return epoch.fence ? epoch.fence.getSize() > 0 : exists(root, folderOf(epoch.number + 1));
}

/** Writes a new token into the owner's file; the one that is there stays where there is no space. */
function signed(owner: SyncHandle): string {
  const token = new TextEncoder().encode(crypto.randomUUID());
  try {
    owner.write(token, { at: 0 });
  } catch {
    // It is there to be told from others, and what stands there does so as well.
  }
  const text = new Uint8Array(owner.getSize());
  owner.read(text, { at: 0 });
  return new TextDecoder().decode(text);
}

export function releaseEpoch({ owner, fence }: Epoch): void {
  fence?.close();
  owner.close();
}

async function openFence(
  root: FileSystemDirectoryHandle,
  folder: FileSystemDirectoryHandle,
  number: number,
): Promise<SyncHandle | undefined> {
  const fence = await openShared(folder, fenceName);
  if (!fence) return undefined;
  // What a successor wrote that came to nothing, or one whose folder is there by now.
  fence.truncate(0);
  if (await exists(root, folderOf(number + 1))) raise(fence);
  return fence;
}

function raise(fence: SyncHandle): void {
  fence.write(new Uint8Array(1), { at: 0 });
}

/**
 * Tells the owner of a folder, once there is one with a greater number. An owner that has no fence yet will see that one; what
 * cannot be told must not be copied.
 */
async function raiseFence(folder: FileSystemDirectoryHandle): Promise<void> {
  if (!(await namesIn(folder)).includes(fenceName)) return;
  const fence = await openShared(folder, fenceName);
  if (!fence) throw new DiskError('locked', 'the worker that has these files cannot be told; close it');
  raise(fence);
  fence.close();
}

/** The files of an epoch, without those that it consists of. */
export async function filesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => !ownNames.includes(name));
}

/**
 * A new epoch that is neither filled nor complete. `alive`: the folders before it whose owners are alive, and are told; those
 * that are met are added.
 */
async function beginEpoch(
  root: FileSystemDirectoryHandle,
  from: number,
  alive: FileSystemDirectoryHandle[],
): Promise<Epoch> {
  for (let number = from; ; number++) {
    const folder = await root.getDirectoryHandle(folderOf(number), { create: true });
    const owner = await openOwner(folder);
    if (!owner) {
      // Another one that froze while it took over.
      alive.push(folder);
      continue;
    }
    try {
      for (const name of await filesIn(folder)) await folder.removeEntry(name);
      for (const other of alive) await raiseFence(other);
      return { number, folder, owner, token: signed(owner), fence: await openFence(root, folder, number) };
    } catch (error) {
      owner.close();
      throw error;
    }
  }
}

/** After they were told: what their owners have said to be durable by then is in it. */
async function lastComplete(
  folders: readonly FileSystemDirectoryHandle[],
): Promise<FileSystemDirectoryHandle | undefined> {
  for (const folder of [...folders].reverse()) {
    if ((await namesIn(folder)).includes(completeName)) return folder;
  }
  return undefined;
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
