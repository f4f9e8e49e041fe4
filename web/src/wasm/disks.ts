import { type Disk, faultOf, faults, wordsOf } from '../storage/disk.js';
import type { RawDisks, RawDurableModule } from './raw.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The disks of a lot, as the module calls them: by number, with pointers into its memory. */
export class Disks implements RawDisks {
  /** What the last call has to say: names of files, a config, or the words of a fault. */
  private said = new Uint8Array(0);
  private isOver = false;

  constructor(
    private readonly raw: RawDurableModule,
    private readonly disks: readonly Disk[],
    /** Called after a sync, since there may be news. */
    private readonly onSynced: () => void,
    /** Called when the module stops over the news of a sync. */
    private readonly onBroken: (cause: unknown) => void,
  ) {}

  /** The module is told nothing any more: it is closed, or it broke, and what it would write then is nobody's. */
  end(): void {
    this.isOver = true;
  }

  lock(disk: number): number {
    return this.done(() => this.disks[disk]!.lock?.());
  }

  unlock(disk: number): void {
    this.disks[disk]!.unlock?.();
  }

  keptConfig(disk: number): void {
    this.said = encoder.encode(this.disks[disk]!.keptConfig?.() ?? '');
  }

  keepConfig(disk: number, text: number, length: number): void {
    this.disks[disk]!.keepConfig?.(this.given(text, length));
  }

  list(disk: number): number {
    return this.counted(() => {
      const names = this.disks[disk]!.list();
      this.said = encoder.encode(names.join('\n'));
      return names.length;
    });
  }

  create(disk: number, file: number, length: number): number {
    return this.done(() => this.disks[disk]!.create(this.given(file, length)));
  }

  size(disk: number, file: number, length: number): number {
    return this.counted(() => this.disks[disk]!.size(this.given(file, length)));
  }

  read(disk: number, file: number, length: number, offset: number, out: number, size: number): number {
    return this.counted(() =>
      this.disks[disk]!.read(this.given(file, length), offset, this.memory(out, size)),
    );
  }

  write(disk: number, file: number, length: number, offset: number, bytes: number, size: number): number {
    return this.done(() =>
      this.disks[disk]!.write(this.given(file, length), offset, this.memory(bytes, size)),
    );
  }

  truncate(disk: number, file: number, length: number, bytes: number): number {
    return this.done(() => this.disks[disk]!.truncate(this.given(file, length), bytes));
  }

  remove(disk: number, file: number, length: number): number {
    return this.done(() => this.disks[disk]!.remove(this.given(file, length)));
  }

  random(_disk: number, out: number, size: number): number {
    // One call gives at most 65,536 bytes.
    const step = 65_536;
    return this.done(() => {
      for (let at = 0; at < size; at += step) {
        const part = new Uint8Array(Math.min(step, size - at));
        this.memory(out + at, part.length).set(crypto.getRandomValues(part));
      }
    });
  }

  sync(disk: number, files: number, length: number, isStrict: number): void {
    const names = length === 0 ? [] : this.given(files, length).split('\n');
    const synced = (fault: number) => {
      if (this.isOver) return;
      try {
        this.raw._pl_files_synced(disk, fault);
      } catch (cause) {
        return this.onBroken(cause);
      }
      this.onSynced();
    };
    this.disks[disk]!.sync(names, isStrict === 1 ? 'strict' : 'relaxed').then(
      () => synced(0),
      (error: unknown) => synced(this.failed(error)),
    );
  }

  text(out: number, capacity: number): number {
    this.memory(out, capacity).set(this.said.subarray(0, capacity));
    return this.said.length;
  }

  /** 0, or the fault's number. */
  private done(act: () => void): number {
    try {
      act();
      return 0;
    } catch (error) {
      return this.failed(error);
    }
  }

  /** What `act` answers, or less than 0. */
  private counted(act: () => number): number {
    try {
      return act();
    } catch (error) {
      return -this.failed(error);
    }
  }

  private failed(error: unknown): number {
    this.said = encoder.encode(wordsOf(error));
    return faults.indexOf(faultOf(error)) + 1;
  }

  private given(start: number, length: number): string {
    return decoder.decode(this.memory(start, length));
  }

  private memory(start: number, length: number): Uint8Array {
    return this.raw.HEAPU8.subarray(start, start + length);
  }
}
