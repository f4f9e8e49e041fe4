import { type Disk, DiskError, type Folder, type SyncMode } from './disk.js';
import { makeFolder, type NodeModules } from './node-folders.js';
import { lockFolder, type NodeFiles, type NodeLock } from './node-lock.js';

const isJournalFile = (name: string) => /^[a-z0-9-]{1,40}$/.test(name) && name !== 'lock';

/**
 * The files of one folder, through Node's `fs`. Folders are made with mode 0700, files with 0600. Only reading needs no
 * lock.
 */
export class NodeDisk implements Disk, Folder {
  private readonly opened = new Map<string, number>();
  /** Made since the last sync of the folder. */
  private created = false;
  private owned: NodeLock | undefined;
  private readonly fs: NodeFiles;

  constructor(
    private readonly modules: NodeModules,
    private readonly folder: string,
  ) {
    this.fs = modules.fs;
  }

  lock(): void {
    if (this.owned) return;
    makeFolder(this.folder, this.modules);
    this.owned = lockFolder(this.fs, this.folder);
  }

  unlock(): void {
    for (const number of this.opened.values()) this.fs.closeSync(number);
    this.opened.clear();
    this.owned?.release();
    this.owned = undefined;
  }

  keptConfig(): string {
    try {
      return this.fs.readFileSync(this.configFile, 'utf8');
    } catch {
      return '';
    }
  }

  keepConfig(text: string): void {
    const fresh = `${this.configFile}.new`;
    try {
      this.fs.writeFileSync(fresh, text, { mode: 0o600, flag: 'w' });
      this.fs.renameSync(fresh, this.configFile);
    } catch {
      this.fs.rmSync(fresh, { force: true });
    }
  }

  private get configFile(): string {
    return `${this.folder}/config.json`;
  }

  list(): string[] {
    return this.fs.readdirSync(this.folder).filter(isJournalFile);
  }

  create(file: string): void {
    this.owned?.confirm();
    this.opened.set(file, this.fs.openSync(this.pathOf(file), 'wx+', 0o600));
    this.created = true;
  }

  size(file: string): number {
    return this.fs.fstatSync(this.numberOf(file)).size;
  }

  read(file: string, at: number, into: Uint8Array): number {
    const number = this.numberOf(file);
    let done = 0;
    while (done < into.length) {
      const count = this.fs.readSync(number, into, done, into.length - done, at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(file: string, at: number, bytes: Uint8Array): void {
    this.owned?.confirm();
    const number = this.numberOf(file);
    for (let done = 0; done < bytes.length; ) {
      done += this.fs.writeSync(number, bytes, done, bytes.length - done, at + done);
    }
  }

  truncate(file: string, bytes: number): void {
    this.owned?.confirm();
    this.fs.ftruncateSync(this.numberOf(file), bytes);
  }

  remove(file: string): void {
    this.owned?.confirm();
    const number = this.opened.get(file);
    if (number !== undefined) this.fs.closeSync(number);
    this.opened.delete(file);
    this.fs.rmSync(this.pathOf(file), { force: true });
  }

  async sync(files: readonly string[], mode: SyncMode): Promise<void> {
    // In a relaxed one what was written is with the system, and survives the process.
    if (mode === 'strict') await this.syncStrictly(files);
    this.owned?.confirm();
  }

  async close(): Promise<void> {
    this.unlock();
  }

  private async syncStrictly(files: readonly string[]): Promise<void> {
    const syncs = files.map((file) => this.syncFile(this.numberOf(file)));
    if (this.created) syncs.push(this.syncFolder());
    // All of them have ended when this one does, since files may be closed afterwards.
    const ends = await Promise.allSettled(syncs);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    this.created = false;
  }

  private syncFile(number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.fs.fdatasync(number, (error) => (error ? reject(error) : resolve()));
    });
  }

  private async syncFolder(): Promise<void> {
    const number = this.fs.openSync(this.folder, 'r');
    try {
      await new Promise<void>((resolve, reject) => {
        this.fs.fsync(number, (error) => (error ? reject(error) : resolve()));
      });
    } finally {
      this.fs.closeSync(number);
    }
  }

  private numberOf(file: string): number {
    let number = this.opened.get(file);
    if (number === undefined) {
      if (!isJournalFile(file)) throw new DiskError('not_found', `${file} is no name of a file here`);
      number = this.fs.openSync(this.pathOf(file), 'r+');
      this.opened.set(file, number);
    }
    return number;
  }

  private pathOf(file: string): string {
    return `${this.folder}/${file}`;
  }
}
