import { type Disk, DiskError, type SyncMode, wordsOf } from './disk.js';
import { MemoryDisk } from './memory-disk.js';

const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** What a crash leaves of what is on a disk: what was said to be durable, or nothing of late. */
export type Durability = 'durable' | 'volatile';

export interface DiskState {
  readonly durability: Durability;
  /** Why it is volatile, or not what was asked for. */
  readonly reason: string | undefined;
}

/** What a disk does while the browser refuses to store: it says `volatile` and goes on in memory, or its syncs fail. */
export type WhenRefused = 'go_on' | 'fail';

/** How it waits; the answer stops that. */
export type After = (delayMs: number, callback: () => void) => () => void;

/**
 * A disk of a browser, which may refuse to store at any time. Then files stay in memory, and one that goes on lets syncs succeed
 * without storing anything, which the state says: whoever is told of success is told `volatile` with it. All is tried again with
 * pauses of 1 to 30 seconds; a sync that succeeds stores everything there is, and the disk is durable again. One that fails leaves
 * it to its journal to try again.
 *
 * What cannot be had back is not covered up: a disk that somebody else has taken over stays fenced.
 */
export class FallbackDisk implements Disk {
  private current: DiskState;
  private pause = firstPauseMs;
  private stopWaiting: (() => void) | undefined;
  private lastMode: SyncMode = 'strict';
  private fence: DiskError | undefined;
  private turn: Promise<unknown> = Promise.resolve();

  /** `note`: what there is to say of a disk that works. */
  constructor(
    private readonly disk: Disk,
    private readonly after: After,
    private readonly onChange: () => void,
    private readonly whenRefused: WhenRefused,
    private readonly note?: string,
  ) {
    this.current = { durability: 'durable', reason: note };
  }

  /** For storage that cannot be had at all: nothing is tried again. */
  static inMemory(reason: string): FallbackDisk {
    const disk = new FallbackDisk(
      new MemoryDisk(),
      () => () => undefined,
      () => undefined,
      'go_on',
    );
    disk.current = { durability: 'volatile', reason };
    return disk;
  }

  get state(): DiskState {
    return this.current;
  }

  async sync(files: readonly string[], mode: SyncMode): Promise<void> {
    this.lastMode = mode;
    if (this.fence) throw this.fence;
    const goesOn = this.whenRefused === 'go_on';
    if (goesOn && this.current.durability === 'volatile') return;
    try {
      await this.store(files);
    } catch (error) {
      if (isFence(error)) throw this.fenced(error);
      this.change({ durability: 'volatile', reason: wordsOf(error) });
      if (!goesOn) throw error;
      this.tryAgainLater();
    }
  }

  /** What was stored is gone. It is stored again if the disk can do that, and else the disk says what to do. */
  emptied(): void {
    if (this.fence) return;
    this.change({ durability: 'volatile', reason: 'what was stored has been deleted or replaced' });
    this.tryAgainLater();
  }

  /** One sync after the other. One that had begun when something was deleted says nothing of what is stored. */
  private async store(files: readonly string[]): Promise<void> {
    let before = this.current;
    const stored = this.turn.then(() => {
      before = this.current;
      return this.disk.sync(files, this.lastMode);
    });
    this.turn = stored.catch(() => undefined);
    await stored;
    if (this.current !== before) return;
    this.stopWaiting?.();
    this.pause = firstPauseMs;
    this.change({ durability: 'durable', reason: this.note });
  }

  private tryAgainLater(): void {
    this.stopWaiting?.();
    this.stopWaiting = this.after(this.pause, () => void this.tryAgain());
    this.pause = Math.min(this.pause * 2, longestPauseMs);
  }

  private async tryAgain(): Promise<void> {
    try {
      await this.store(this.disk.list());
    } catch (error) {
      if (isFence(error)) {
        this.fenced(error);
        return;
      }
      this.change({ durability: 'volatile', reason: wordsOf(error) });
      this.tryAgainLater();
    }
  }

  private fenced(error: DiskError): DiskError {
    this.fence = error;
    return error;
  }

  private change(state: DiskState): void {
    const { durability, reason } = this.current;
    this.current = state;
    if (durability !== state.durability || reason !== state.reason) this.onChange();
  }

  list(): string[] {
    return this.disk.list();
  }

  create(file: string): void {
    this.disk.create(file);
  }

  size(file: string): number {
    return this.disk.size(file);
  }

  read(file: string, at: number, into: Uint8Array): number {
    return this.disk.read(file, at, into);
  }

  write(file: string, at: number, bytes: Uint8Array): void {
    this.disk.write(file, at, bytes);
  }

  truncate(file: string, bytes: number): void {
    this.disk.truncate(file, bytes);
  }

  remove(file: string): void {
    this.disk.remove(file);
  }

  async close(): Promise<void> {
    this.stopWaiting?.();
    await this.disk.close();
  }
}

function isFence(error: unknown): error is DiskError {
  return error instanceof DiskError && error.fault === 'fenced';
}
