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
import { beginSwitch, finishSwitch } from './opfs-switch.js';

/** Handles that are open before they are needed, since opening one takes a while. */
const sparesWanted = 6;
/** A look whether the files were deleted takes longer than a flush, so it is not part of each sync. */
const lookEveryMs = 1000;

/**
 * Files of the origin's private file system, through handles that only dedicated workers have. A file's name stands in
 * its header; the names in the file system are numbers.
 *
 * Once something cannot be written, because the quota is used up for example, the stored files stay as they are: all changes from
 * then on are made in memory. Each sync tries to store them, all at once, and fails as long as that is not possible. So a crash
 * leaves what it leaves where there is space, and never some of the later changes without the others.
 *
 * Somebody may delete the files, as people do who clear what a site has stored. Their handles work on, so nothing is lost as long
 * as this worker lives, but no sync succeeds any more: Chromium may drop, with the page, whatever is stored anew before the page
 * is reloaded, and no worker can tell whether it will.
 */
export class OpfsDisk implements Disk {
  private readonly stored = new Map<string, SyncHandle>();
  /** What files are that differ from the stored ones; undefined: removed. */
  private readonly ahead = new Map<string, GrowingBytes | undefined>();
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
    return [...new Set([...this.stored.keys(), ...this.ahead.keys()])].filter((name) => this.has(name));
  }

  create(name: string): void {
    if (this.has(name)) throw new DiskError('exists', `the file ${name} is there already`);
    if (!this.isInStep(name) || !this.isBegun(name)) this.ahead.set(name, new GrowingBytes());
  }

  size(name: string): number {
    return this.ahead.get(name)?.length ?? sizeOf(this.handle(name)) - headerBytes;
  }

  read(name: string, at: number, into: Uint8Array): number {
    const memory = this.ahead.get(name);
    return memory ? memory.read(at, into) : this.handle(name).read(into, { at: headerBytes + at });
  }

  write(name: string, at: number, bytes: Uint8Array): void {
    if (this.isInStep(name) && this.isWritten(this.handle(name), at, bytes)) return;
    this.inMemory(name).write(at, bytes);
  }

  truncate(name: string, bytes: number): void {
    if (this.isInStep(name) && this.isTruncated(this.handle(name), bytes)) return;
    this.inMemory(name).resize(bytes);
  }

  remove(name: string): void {
    const handle = this.stored.get(name);
    if (handle && this.isInStep(name)) {
      this.stored.delete(name);
      this.free(handle);
    } else if (handle) {
      this.ahead.set(name, undefined);
    } else {
      this.ahead.delete(name);
    }
  }

  /** Everything that was changed is stored, whatever `files` names. */
  async sync(_files: readonly string[], mode: SyncMode): Promise<void> {
    for (;;) {
      await this.refuseDeleted();
      if (mode === 'strict') this.flush();
      await this.openSpares(sparesWanted + this.ahead.size);
      if (await isFenced(this.root, this.epoch)) {
        throw new DiskError('fenced', 'another worker has taken the files over');
      }
      if (this.ahead.size === 0) return this.refuseDeleted();
      // What is stored by it was not there when the look at the epoch was.
      this.catchUp();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.watch);
    if (!this.wereDeleted) {
      for (const handle of this.stored.values()) handle.close();
      for (const spare of this.spares) spare.close();
      releaseEpoch(this.epoch);
    }
    this.stored.clear();
    this.ahead.clear();
    this.spares.length = 0;
  }

  private async openAll(): Promise<void> {
    const header = new Uint8Array(headerBytes);
    for (const number of await filesIn(this.epoch.folder)) {
      this.lastNumber = Math.max(this.lastNumber, Number(number));
      const handle = await openSync(this.epoch.folder, number);
      const count = handle.read(header, { at: 0 });
      const name = nameIn(header.subarray(0, count));
      if (name === undefined || this.stored.has(name)) this.free(handle);
      else this.stored.set(name, handle);
    }
    finishSwitch(this.stored, (handle) => this.free(handle));
    await this.openSpares(sparesWanted);
  }

  /** As many as there is space for: they may not be needed. */
  private async openSpares(count: number): Promise<void> {
    try {
      while (this.spares.length < count && !this.closed) {
        const handle = await openSync(this.epoch.folder, String(++this.lastNumber));
        if (this.closed) handle.close();
        else this.spares.push(handle);
      }
    } catch (error) {
      if ((error as { name?: string }).name !== 'QuotaExceededError') throw error;
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

  private has(name: string): boolean {
    return this.ahead.has(name) ? this.ahead.get(name) !== undefined : this.stored.has(name);
  }

  /** Whether what is done to the file may be done to the stored one. Of deleted files nothing is kept, in whatever order. */
  private isInStep(name: string): boolean {
    return this.ahead.size === 0 || (this.wereDeleted && !this.ahead.has(name));
  }

  private catchUp(): void {
    const files = new Map([...this.ahead].map(([name, memory]) => [name, memory?.all]));
    const free = (handle: SyncHandle) => this.free(handle);
    const begun = beginSwitch(files, (name, bytes) => this.begun(name, bytes), free);
    for (const [name, handle] of begun) this.stored.set(name, handle);
    finishSwitch(this.stored, free);
    this.ahead.clear();
  }

  private begun(name: string, bytes: Uint8Array): SyncHandle {
    const handle = this.spares.pop();
    if (handle && this.isWritten(handle, 0, bytes)) {
      // A file with a name has all of its bytes.
      if (bytes.length > 0) handle.flush();
      if (this.isWritten(handle, -headerBytes, headerOf(name))) return handle;
    }
    if (handle) this.free(handle);
    throw new DiskError('no_space', 'the browser gives no more space for files');
  }

  private isBegun(name: string): boolean {
    try {
      this.stored.set(name, this.begun(name, new Uint8Array(0)));
      return true;
    } catch {
      return false;
    }
  }

  private flush(): void {
    for (const handle of this.unflushed) handle.flush();
    this.unflushed.clear();
  }

  private isWritten(handle: SyncHandle, at: number, bytes: Uint8Array): boolean {
    this.unflushed.add(handle);
    try {
      return handle.write(bytes, { at: headerBytes + at }) === bytes.length;
    } catch {
      return false;
    }
  }

  private isTruncated(handle: SyncHandle, bytes: number): boolean {
    this.unflushed.add(handle);
    try {
      handle.truncate(headerBytes + bytes);
      return true;
    } catch {
      return false;
    }
  }

  private inMemory(name: string): GrowingBytes {
    const known = this.ahead.get(name);
    if (known) return known;
    const handle = this.handle(name);
    const bytes = new Uint8Array(Math.max(0, sizeOf(handle) - headerBytes));
    handle.read(bytes, { at: headerBytes });
    const memory = new GrowingBytes();
    memory.write(0, bytes);
    this.ahead.set(name, memory);
    return memory;
  }

  /** Handles on deleted files are left to the garbage collection: Chromium may never come back from closing one. */
  private free(handle: SyncHandle): void {
    this.unflushed.delete(handle);
    if (this.wereDeleted) return;
    handle.truncate(0);
    this.spares.push(handle);
  }

  private handle(name: string): SyncHandle {
    const handle = this.has(name) ? this.stored.get(name) : undefined;
    if (!handle) throw new DiskError('not_found', `there is no file ${name}`);
    return handle;
  }
}

/** In private windows of Chromium the bytes of deleted files are gone at once, and their size is no number of bytes. */
function sizeOf(handle: SyncHandle): number {
  const size = handle.getSize();
  if (Number.isSafeInteger(size)) return size;
  throw new DiskError('io', 'the files were deleted, and the browser does not let them be read any more');
}
