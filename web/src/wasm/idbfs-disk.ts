import { type Disk, DiskError, faultOf, type SyncMode, wordsOf } from '../storage/disk.js';
import type { RawDurableModule, RawMount, RawStream, StoredOwner } from './raw.js';

/** A sync takes milliseconds; one that takes so long has failed, or its answer was lost. */
const patienceMs = 10_000;
/** Emscripten's O_RDWR, O_CREAT and O_EXCL. */
const createNew = 0o2 | 0o100 | 0o200;

/**
 * The files of a browser database: an IDBFS mount of the module, see `wasm/library_idbfs.js`. Whoever opens it takes it
 * over from whoever had it.
 */
export class IdbfsDisk implements Disk {
  private readonly streams = new Map<string, RawStream>();

  private constructor(
    private readonly raw: RawDurableModule,
    private readonly folder: string,
    private readonly mount: RawMount,
    private readonly patience: number,
  ) {}

  static async open(raw: RawDurableModule, database: string, patience = patienceMs): Promise<IdbfsDisk> {
    const folder = `/${database}`;
    raw.FS.mkdirTree(folder);
    raw.FS.mount(raw.IDBFS, {}, folder);
    const disk = new IdbfsDisk(raw, folder, raw.FS.lookupPath(folder).node.mount, patience);
    try {
      await disk.inTime('opened', (done) => raw.IDBFS.syncfs(disk.mount, true, done));
    } catch (error) {
      await disk.close();
      raw.FS.unmount(folder);
      throw error;
    }
    return disk;
  }

  /** Calls when somebody has deleted the database. Its files are still in memory: the next sync stores all of them. */
  onDeletion(listener: () => void): void {
    this.mount.idbfs.gone = listener;
  }

  list(): string[] {
    return this.raw.FS.readdir(this.folder).filter((name) => !name.startsWith('.'));
  }

  create(file: string): void {
    this.streams.set(
      file,
      this.opened(() => this.raw.FS.open(this.pathOf(file), createNew)),
    );
  }

  size(file: string): number {
    return this.stream(file).node.usedBytes;
  }

  read(file: string, at: number, into: Uint8Array): number {
    return this.raw.FS.read(this.stream(file), into, 0, into.length, at);
  }

  write(file: string, at: number, bytes: Uint8Array): void {
    this.raw.FS.write(this.stream(file), bytes, 0, bytes.length, at);
  }

  truncate(file: string, bytes: number): void {
    this.raw.FS.ftruncate(this.stream(file).fd, bytes);
  }

  remove(file: string): void {
    const stream = this.streams.get(file);
    if (stream) this.raw.FS.close(stream);
    this.streams.delete(file);
    if (this.list().includes(file)) this.raw.FS.unlink(this.pathOf(file));
  }

  /** Everything that was changed is stored in one transaction, whatever `files` names. */
  async sync(_files: readonly string[], mode: SyncMode): Promise<void> {
    const { IDBFS } = this.raw;
    IDBFS.durability = mode;
    const number = this.mount.idbfs.sync + 1;
    try {
      await this.inTime('stored', (done) => IDBFS.syncfs(this.mount, false, done));
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      IDBFS.abandon(this.mount);
      await this.judge(number);
    }
  }

  async close(): Promise<void> {
    for (const stream of this.streams.values()) this.raw.FS.close(stream);
    this.streams.clear();
    this.raw.IDBFS.release(this.mount);
  }

  /** Reads what became of a sync whose answer did not come. */
  private async judge(sync: number): Promise<void> {
    let stored: StoredOwner = { epoch: 0, sync: 0, token: 0 };
    try {
      await this.inTime('read back', (done) =>
        this.raw.IDBFS.readOwner(this.mount, (error, owner) => {
          stored = owner;
          done(error);
        }),
      );
    } catch (error) {
      this.raw.IDBFS.disown(this.mount);
      throw error;
    }
    // 0: the database was deleted, and nobody has it.
    if (stored.epoch !== 0 && stored.token !== this.mount.idbfs.token)
      throw new DiskError('fenced', 'another owner has taken the database');
    if (stored.epoch !== 0 && stored.sync >= sync) return;
    this.raw.IDBFS.disown(this.mount);
    throw new DiskError('io', 'the browser did not store the files');
  }

  private inTime(what: string, begin: (done: (error: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Unanswered(`the database ${this.folder.slice(1)} was not ${what} in ${this.patience} ms`));
      }, this.patience);
      begin((error) => {
        clearTimeout(timer);
        if (error === null || error === undefined) resolve();
        else reject(new DiskError(faultOf(error), wordsOf(error), error));
      });
    });
  }

  private stream(file: string): RawStream {
    let stream = this.streams.get(file);
    if (!stream) {
      stream = this.opened(() => this.raw.FS.open(this.pathOf(file), 'r+'));
      this.streams.set(file, stream);
    }
    return stream;
  }

  /** Emscripten's errors are numbers. */
  private opened(open: () => RawStream): RawStream {
    const noSuchFile = 44;
    const fileExists = 20;
    try {
      return open();
    } catch (error) {
      const { errno } = error as { errno?: number };
      const fault = errno === noSuchFile ? 'not_found' : errno === fileExists ? 'exists' : 'io';
      throw new DiskError(fault, `cannot open the file (${errno})`, error);
    }
  }

  private pathOf(file: string): string {
    return `${this.folder}/${file}`;
  }
}

class Unanswered extends DiskError {
  constructor(message: string) {
    super('io', message);
  }
}
