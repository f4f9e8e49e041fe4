import { wordsOf } from './disk.js';

/** A synchronous handle on a file of the origin's private file system, as dedicated workers have it. */
export interface SyncHandle {
  /** Who else may have one on the same file; browsers without the choice do not have it. */
  readonly mode?: string;
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(bytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** The part of the browser's interface that TypeScript describes for workers only. */
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(options?: { mode: 'readwrite' | 'readwrite-unsafe' }): Promise<SyncHandle>;
}

export function hasSyncHandles(): boolean {
  return (
    typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype
  );
}

/** Opens a file for this worker alone; rejects with `NoModificationAllowedError` while another one has it. */
export async function openSync(folder: FileSystemDirectoryHandle, name: string): Promise<SyncHandle> {
  const file = (await folder.getFileHandle(name, { create: true })) as WorkerFileHandle;
  return file.createSyncAccessHandle();
}

/** Opens a file beside other workers that have opened it so; undefined where browsers cannot, and then it is gone. */
export async function openShared(
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<SyncHandle | undefined> {
  const file = (await folder.getFileHandle(name, { create: true })) as WorkerFileHandle;
  const mode = 'readwrite-unsafe';
  const handle = await file.createSyncAccessHandle({ mode });
  if (handle.mode === mode) return handle;
  handle.close();
  await folder.removeEntry(name);
  return undefined;
}

export async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/** The bytes of a file that another worker may hold. */
export async function bytesOf(folder: FileSystemDirectoryHandle, name: string): Promise<Uint8Array> {
  const file = await (await folder.getFileHandle(name)).getFile();
  return new Uint8Array(await file.arrayBuffer());
}

export async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getDirectoryHandle(name);
    return true;
  } catch (error) {
    if ((error as { name?: string }).name === 'NotFoundError') return false;
    throw new Error(`cannot look for ${name}: ${wordsOf(error)}`, { cause: error });
  }
}

/** What stands before a file's bytes: whose they are. A file without a name that is whole is free. */
export const headerBytes = 64;
const magic = 0x504c4f50;
const nameBytes = 48;

export function headerOf(name: string): Uint8Array {
  const header = new Uint8Array(headerBytes);
  const view = new DataView(header.buffer);
  view.setUint32(0, magic);
  view.setUint32(4, name.length);
  new TextEncoder().encodeInto(name, header.subarray(8, 8 + nameBytes));
  view.setUint32(60, sumOf(header.subarray(0, 60)));
  return header;
}

export function nameIn(header: Uint8Array): string | undefined {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.length < headerBytes || view.getUint32(0) !== magic) return undefined;
  if (view.getUint32(60) !== sumOf(header.subarray(0, 60))) return undefined;
  const length = view.getUint32(4);
  return length <= nameBytes ? new TextDecoder().decode(header.subarray(8, 8 + length)) : undefined;
}

function sumOf(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}
