import { type Disk, DiskError, type SyncMode } from './disk.js';
import { GrowingBytes } from './memory-disk.js';
import {
  type Epoch,
  filesIn,
  isBegunByAnother,
  isDeleted,
  isFenced,
  releaseEpoch,
  takeEpoch,
} from './opfs-epoch.js';
import { headerBytes, headerOf, nameIn, openSync, type SyncHandle } from './opfs-handles.js';

/** Handles that are open before they are needed, since opening one takes a while. */
const sparesWanted = 6;
/** A look whether the files were deleted takes longer than a flush, so it is not part of each sync. */
const lookEveryMs = 1000;

/** A file stands in its handle, or in memory until a sync finds it a place. */
interface OpfsFile {
  handle: SyncHandle | undefined;
  memory: GrowingBytes | undefined;
}

/**
 * Files of the origin's private file system, through handles that only dedicated workers have. A file's name stands in
 * its header; the names in the file system are numbers.
 *
 * What cannot be written, because the quota is used up for example, stays in memory and is tried again by each sync, which
 * fails as long as anything is left.
 *
 * Somebody may delete the files, as people do who clear what a site has stored. Their handles work on, so nothing is lost as long
 * as this worker lives, but no sync succeeds any more: Chromium may drop, with the page, whatever is stored anew before the page
 * is reloaded, and no worker can tell whether it will.
 */
export class OpfsDisk implements Disk {
  private readonly files = new Map<string, OpfsFile>();
  private readonly spares: SyncHandle[] = [];
  private readonly unflushed = new Set<SyncHandle>();
  private lastNumber = 0;
  private wereDeleted = false;
  private closed = false;
  private watch: ReturnType<typeof setInterval> | undefined;

  private constructor(
    private readonly root: FileSystemDirectoryHandle,
    private readonly epoch: Epoch,
  ) {}

  static async open(directory: string): Promise<OpfsDisk> {
    const origin = await navigator.storage.getDirectory();
    const root = await origin.getDirectoryHandle(directory, { create: true });
    const disk = new OpfsDisk(root, await takeEpoch(root));
    try {
      await disk.openAll();
    } catch (error) {
      await disk.close();
      throw error;
    }
    return disk;
  }

  /** Calls within a second when somebody has deleted the files. From then on every sync fails. */
  onDeletion(listener: () => void): void {
    this.watch = setInterval(async () => {
      if (this.wereDeleted || !(await this.isGone()) || this.wereDeleted || this.closed) return;
      this.wereDeleted = true;
      this.spares.length = 0;
      listener();
    }, lookEveryMs);
  }

  list(): string[] {
    return [...this.files.keys()];
  }

  create(name: string): void {
    if (this.files.has(name)) throw new DiskError('exists', `the file ${name} is there already`);
    const file: OpfsFile = { handle: undefined, memory: new GrowingBytes() };
    this.files.set(name, file);
    this.place(name, file);
  }

  size(name: string): number {
    const { handle, memory } = this.file(name);
    return memory ? memory.length : sizeOf(handle!) - headerBytes;
  }

  read(name: string, at: number, into: Uint8Array): number {
    const { handle, memory } = this.file(name);
    return memory ? memory.read(at, into) : handle!.read(into, { at: headerBytes + at });
  }

  write(name: string, at: number, bytes: Uint8Array): void {
    const file = this.file(name);
    const { handle, memory } = file;
    if (memory) return memory.write(at, bytes);
    if (this.isWritten(handle!, at, bytes)) return;
    this.moveToMemory(file);
    file.memory!.write(at, bytes);
  }

  truncate(name: string, bytes: number): void {
    const file = this.file(name);
    const { handle, memory } = file;
    if (memory) return memory.resize(bytes);
    this.unflushed.add(handle!);
    try {
      handle!.truncate(headerBytes + bytes);
    } catch {
      this.moveToMemory(file);
      file.memory!.resize(bytes);
    }
  }

  remove(name: string): void {
    const file = this.files.get(name);
    this.files.delete(name);
    if (file?.handle) this.free(file.handle);
  }

  async sync(names: readonly string[], mode: SyncMode): Promise<void> {
    await this.refuseDeleted();
    for (const name of names) this.place(name, this.file(name));
    if (mode === 'strict') {
      for (const handle of this.unflushed) handle.flush();
      this.unflushed.clear();
    }
    if (await isFenced(this.root, this.epoch)) {
      throw new DiskError('fenced', 'another worker has taken the files over');
    }
    const homeless = names.filter((name) => this.isHomeless(name));
    await this.openSpares(sparesWanted + homeless.length);
    for (const name of homeless) {
      const file = this.files.get(name);
      if (file) this.place(name, file);
    }
    if (homeless.some((name) => this.isHomeless(name))) {
      throw new DiskError('no_space', 'the browser gives no more space for files');
    }
    // They were not there when the flush and the look at the epoch were.
    if (homeless.length > 0) await this.sync(names, mode);
    else await this.refuseDeleted();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.watch);
    if (!this.wereDeleted) {
      for (const { handle } of this.files.values()) handle?.close();
      for (const spare of this.spares) spare.close();
      releaseEpoch(this.epoch);
    }
    this.files.clear();
    this.spares.length = 0;
  }

  private async openAll(): Promise<void> {
    const header = new Uint8Array(headerBytes);
    for (const number of await filesIn(this.epoch.folder)) {
      this.lastNumber = Math.max(this.lastNumber, Number(number));
      const handle = await openSync(this.epoch.folder, number);
      const count = handle.read(header, { at: 0 });
      const name = nameIn(header.subarray(0, count));
      if (name === undefined || this.files.has(name)) this.free(handle);
      else this.files.set(name, { handle, memory: undefined });
    }
    await this.openSpares(sparesWanted);
  }

  private async openSpares(count: number): Promise<void> {
    while (this.spares.length < count && !this.closed) {
      const handle = await openSync(this.epoch.folder, String(++this.lastNumber));
      if (this.closed) handle.close();
      else this.spares.push(handle);
    }
  }

  private async isGone(): Promise<boolean> {
    try {
      return await isDeleted(this.epoch);
    } catch {
      // It cannot be told now; the next look is soon.
      return false;
    }
  }

  private async refuseDeleted(): Promise<void> {
    if (!this.wereDeleted) return;
    if (await isBegunByAnother(this.root)) {
      throw new DiskError('fenced', 'the files were deleted, and another worker has begun new ones');
    }
    throw new DiskError(
      'io',
      'the browser has cleared what this site stored, and nothing more is stored for this page: reload the page',
    );
  }

  private isHomeless(name: string): boolean {
    return this.files.get(name)?.memory !== undefined;
  }

  /** Gives the file a handle, and the handle all of its bytes, as far as that is possible now. */
  private place(name: string, file: OpfsFile): void {
    if (!file.memory) return;
    file.handle ??= this.spares.pop();
    const { handle, memory } = file;
    if (!handle || !this.isWritten(handle, -headerBytes, headerOf(name))) return;
    handle.truncate(headerBytes);
    if (this.isWritten(handle, 0, memory.all)) file.memory = undefined;
  }

  private isWritten(handle: SyncHandle, at: number, bytes: Uint8Array): boolean {
    this.unflushed.add(handle);
    try {
      return handle.write(bytes, { at: headerBytes + at }) === bytes.length;
    } catch {
      return false;
    }
  }

  private moveToMemory(file: OpfsFile): void {
    const bytes = new Uint8Array(Math.max(0, sizeOf(file.handle!) - headerBytes));
    file.handle!.read(bytes, { at: headerBytes });
    file.memory = new GrowingBytes();
    file.memory.write(0, bytes);
  }

  /** Handles on deleted files are left to the garbage collection: Chromium may never come back from closing one. */
  private free(handle: SyncHandle): void {
    this.unflushed.delete(handle);
    if (this.wereDeleted) return;
    handle.truncate(0);
    this.spares.push(handle);
  }

  private file(name: string): OpfsFile {
    const file = this.files.get(name);
    if (!file) throw new DiskError('not_found', `there is no file ${name}`);
    return file;
  }
}

/** In private windows of Chromium the bytes of deleted files are gone at once, and their size is no number of bytes. */
function sizeOf(handle: SyncHandle): number {
  const size = handle.getSize();
  if (Number.isSafeInteger(size)) return size;
  throw new DiskError('io', 'the files were deleted, and the browser does not let them be read any more');
}
