import { type Disk, DiskError, type SyncMode } from './disk.js';
import { GrowingBytes } from './memory-disk.js';
import {
  beginAnew,
  complete,
  type Epoch,
  filesIn,
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
const copiedAtOnce = 1 << 20;

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
 * as this worker lives; the next sync moves everything into a new epoch, which is complete once all of it is there.
 */
export class OpfsDisk implements Disk {
  private readonly files = new Map<string, OpfsFile>();
  private readonly spares: SyncHandle[] = [];
  private readonly unflushed = new Set<SyncHandle>();
  /** Handles on deleted files: they have the bytes of files that have found no place in the new epoch yet. */
  private readonly strays = new Set<SyncHandle>();
  private lastNumber = 0;
  private wereDeleted = false;
  private isComplete = true;
  private closed = false;
  private watch: ReturnType<typeof setInterval> | undefined;

  private constructor(
    private readonly directory: string,
    private root: FileSystemDirectoryHandle,
    private epoch: Epoch,
  ) {}

  static async open(directory: string): Promise<OpfsDisk> {
    const root = await rootOf(directory);
    const disk = new OpfsDisk(directory, root, await takeEpoch(root));
    try {
      await disk.openAll();
    } catch (error) {
      await disk.close();
      throw error;
    }
    return disk;
  }

  /** Calls within a second when somebody has deleted the files. The next sync of all files stores them again. */
  onDeletion(listener: () => void): void {
    this.watch = setInterval(async () => {
      const { epoch } = this;
      if (this.wereDeleted || !(await this.isGone(epoch)) || epoch !== this.epoch) return;
      this.wereDeleted = true;
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

  async sync(given: readonly string[], mode: SyncMode): Promise<void> {
    if (this.wereDeleted) await this.beginAnew();
    const names = this.isComplete ? given : this.list();
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
    if (homeless.length > 0) await this.sync(given, mode);
    else if (!this.isComplete) await this.complete();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.watch);
    if (!this.wereDeleted) {
      for (const { handle } of this.files.values()) if (handle && !this.strays.has(handle)) handle.close();
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
      const { folder } = this.epoch;
      const handle = await openSync(folder, String(++this.lastNumber));
      if (this.closed || folder !== this.epoch.folder) handle.close();
      else this.spares.push(handle);
    }
  }

  private async isGone(epoch: Epoch): Promise<boolean> {
    try {
      return await isDeleted(epoch);
    } catch {
      // It cannot be told now; the next look is soon.
      return false;
    }
  }

  /**
   * What was not confirmed before is confirmed by the sync that completes the new epoch. Handles on deleted files are left to
   * the garbage collection: Chromium may never come back from closing one.
   */
  private async beginAnew(): Promise<void> {
    const root = await rootOf(this.directory);
    const epoch = await beginAnew(root);
    if (this.closed) return releaseEpoch(epoch);
    this.spares.length = 0;
    for (const file of this.files.values()) {
      if (file.memory) file.handle = undefined;
      else this.strays.add(file.handle!);
    }
    this.unflushed.clear();
    this.root = root;
    this.epoch = epoch;
    this.lastNumber = 0;
    this.isComplete = false;
    this.wereDeleted = false;
  }

  private async complete(): Promise<void> {
    await complete(this.epoch);
    this.isComplete = true;
  }

  private isHomeless(name: string): boolean {
    const file = this.files.get(name);
    return file !== undefined && (file.memory !== undefined || this.strays.has(file.handle!));
  }

  /** Gives the file a handle, and the handle all of its bytes, as far as that is possible now. */
  private place(name: string, file: OpfsFile): void {
    if (!file.memory) {
      if (this.strays.has(file.handle!)) this.moveStray(file);
      return;
    }
    file.handle ??= this.spares.pop();
    const { handle, memory } = file;
    if (!handle || !this.isWritten(handle, -headerBytes, headerOf(name))) return;
    handle.truncate(headerBytes);
    if (this.isWritten(handle, 0, memory.all)) file.memory = undefined;
  }

  /** At once, so that nobody writes to it in between. */
  private moveStray(file: OpfsFile): void {
    const stray = file.handle!;
    const size = sizeOf(stray);
    const place = this.spares.pop();
    if (!place) return;
    const bytes = new Uint8Array(copiedAtOnce);
    for (let at = 0; at < size; at += copiedAtOnce) {
      const count = stray.read(bytes, { at });
      if (count !== Math.min(copiedAtOnce, size - at)) throw cannotBeRead();
      if (this.isWritten(place, at - headerBytes, bytes.subarray(0, count))) continue;
      this.free(place);
      return;
    }
    file.handle = place;
    this.free(stray);
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
    if (!this.strays.has(file.handle!)) return;
    this.free(file.handle!);
    file.handle = undefined;
  }

  private free(handle: SyncHandle): void {
    this.unflushed.delete(handle);
    if (this.strays.delete(handle)) return;
    handle.truncate(0);
    this.spares.push(handle);
  }

  private file(name: string): OpfsFile {
    const file = this.files.get(name);
    if (!file) throw new DiskError('not_found', `there is no file ${name}`);
    return file;
  }
}

async function rootOf(directory: string): Promise<FileSystemDirectoryHandle> {
  const origin = await navigator.storage.getDirectory();
  return origin.getDirectoryHandle(directory, { create: true });
}

/** In private windows of Chromium the bytes of deleted files are gone at once, and their size is no number of bytes. */
function sizeOf(handle: SyncHandle): number {
  const size = handle.getSize();
  if (Number.isSafeInteger(size)) return size;
  throw cannotBeRead();
}

function cannotBeRead(): DiskError {
  return new DiskError('io', 'the files were deleted, and the browser does not let them be read any more');
}
