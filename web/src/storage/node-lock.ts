import { DiskError } from './disk.js';
import {
  idOf,
  idQuietly,
  liveOwner,
  ownName,
  readIfThere,
  readQuietly,
  showEveryMs,
  silenceMs,
} from './node-owner.js';

/** The part of `node:fs` that is used here. */
export interface NodeFiles {
  mkdirSync(path: string, options: { mode: number }): unknown;
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: 'utf8'): string;
  readlinkSync(path: string): string;
  writeFileSync(path: string, text: string, options: { mode: number; flag: string }): void;
  linkSync(from: string, to: string): void;
  rmSync(path: string, options: { force: true }): void;
  openSync(path: string, flags: string, mode?: number): number;
  closeSync(file: number): void;
  renameSync(from: string, to: string): void;
  realpathSync(path: string): string;
  statSync(path: string): { dev: number; ino: number; isDirectory(): boolean };
  fstatSync(file: number): { size: number; nlink: number; mtimeMs: number; dev: number; ino: number };
  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  ftruncateSync(file: number, length: number): void;
  fdatasync(file: number, done: (error: Error | null) => void): void;
  fsync(file: number, done: (error: Error | null) => void): void;
}

export interface NodeLock {
  /**
   * Throws `fenced` once the folder has another owner, or may have: one of another container took it over while this
   * process stood still for long, or the file by which this one owns it was deleted. To be called before files are changed,
   * and before anything is said to be durable.
   */
  confirm(): void;
  release(): void;
}

/**
 * No more often does an owner look at its file, which so costs about a hundredth of its time. From a deletion to its first
 * look at the journal a follower needs longer than that.
 */
const lookEveryMs = 0.2;
/** Who may follow is given so long to take the folder, or to leave it. */
const looksMax = 100;
const betweenLooksMs = 10;

/** Numbers of others are read exactly. */
const ownerFile = /^\.owner\.(\d{1,15})$/;
const ownerOf = (number: number) => `.owner.${number}`;
const released = new TextEncoder().encode('released\n');

/**
 * Makes this process the only owner of a folder, until it releases it or ends, however it ends.
 *
 * Node has no lock that the kernel frees with its process. So an owner is a file `.owner.<n>` that names a process: id,
 * time of its start, boot of the machine, namespace; it holds nothing once that process is gone. A claim makes the next
 * higher number in one atomic step, and only owners delete files below their own, so that no claim can delete another one.
 * Native processes hold a lock of the kernel on the file `lock`, which the kernel lists. Each side first announces itself
 * and then looks for the other. A claim or a lock may be given up again: only what befalls its own file tells an owner that
 * it was followed. A follower through Node deletes that file, a native one cuts it.
 */
export function lockFolder(fs: NodeFiles, folder: string): NodeLock {
  const claimed = claim(fs, folder);
  if (isLockedByKernel(fs, folder)) {
    release(fs, claimed.file);
    const holder = readIfThere(fs, `${folder}/lock`)?.trim() || 'another process';
    throw locked(folder, holder);
  }
  // Upwards: as long as the next one is there, or its own is not, a former owner sees that it is none.
  for (const lower of numbersIn(fs, folder)) {
    if (lower < claimed.number) fs.rmSync(`${folder}/${ownerOf(lower)}`, { force: true });
  }
  return new HeldFolder(fs, folder, claimed);
}

class HeldFolder implements NodeLock {
  private shownAt = Date.now();
  private lookedAt = performance.now();
  private fence: DiskError | undefined;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly fs: NodeFiles,
    private readonly folder: string,
    private readonly claimed: Claim,
  ) {
    this.timer = setInterval(() => this.showQuietly(), showEveryMs);
    (this.timer as { unref?(): void }).unref?.();
  }

  confirm(): void {
    // The clock of the day, since others wait also while this machine sleeps.
    if (Math.abs(Date.now() - this.shownAt) >= silenceMs / 2) this.show();
    else if (performance.now() - this.lookedAt >= lookEveryMs) this.look();
    if (this.fence) throw this.fence;
  }

  release(): void {
    clearInterval(this.timer);
    release(this.fs, this.claimed.file);
  }

  private showQuietly(): void {
    try {
      this.show();
    } catch {
      // The next write says so.
    }
  }

  private look(): void {
    if (this.isFileLost()) this.end();
    this.lookedAt = performance.now();
  }

  /** First shows itself, then looks for others; others do it the other way round, so one of both sees the other. */
  private show(): void {
    this.look();
    if (this.fence) return;
    const { file, length } = this.claimed;
    const now = Date.now();
    let isShown = true;
    try {
      // To the same length: that changes only the time, is at once on the volume, and needs no space.
      this.fs.ftruncateSync(file, length);
    } catch {
      isShown = false;
    }
    let mayBeFollowed = this.mayBeFollowed();
    for (let looks = 0; looks < looksMax && mayBeFollowed && !this.isFollowed(); looks++) {
      pause(betweenLooksMs);
      mayBeFollowed = this.mayBeFollowed();
    }
    // Who was gone at the last look has taken the folder before, or leaves it.
    if (mayBeFollowed || this.isFollowed()) this.end();
    else if (isShown) this.shownAt = now;
  }

  private end(): void {
    this.fence ??= new DiskError(
      'fenced',
      `${this.folder} may have another owner: that this process owns it stood in ${ownerOf(this.claimed.number)}, which was ` +
        `deleted, or taken over while this one stood still for ${silenceMs / 1000} s`,
    );
  }

  private isFileLost(): boolean {
    const { size, nlink } = this.fs.fstatSync(this.claimed.file);
    return size !== this.claimed.length || nlink === 0;
  }

  private isFollowed(): boolean {
    return this.isFileLost() || this.isFileErased() || this.isFileReplaced();
  }

  /** Cut by a follower at the moment when this owner showed itself, it has its length again, but zeros. */
  private isFileErased(): boolean {
    const first = new Uint8Array(1);
    return this.fs.readSync(this.claimed.file, first, 0, 1, 0) !== 1 || first[0] === 0;
  }

  /** One that is only gone was moved with its folder. */
  private isFileReplaced(): boolean {
    const named = idQuietly(this.fs, `${this.folder}/${ownerOf(this.claimed.number)}`);
    return named !== undefined && named !== this.claimed.id;
  }

  private mayBeFollowed(): boolean {
    const next = `${this.folder}/${ownerOf(this.claimed.number + 1)}`;
    return readIfThere(this.fs, next) !== undefined || isLockedByKernel(this.fs, this.folder);
  }
}

/** A timer would let the lot write meanwhile. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** By the open file: the folder may have been moved since. */
function release(fs: NodeFiles, file: number): void {
  try {
    fs.ftruncateSync(file, 0);
    fs.writeSync(file, released, 0, released.length, 0);
  } catch {
    // The end of this process will release it.
  }
  fs.closeSync(file);
}

/** Whether a process holds a lock of an open file on `lock`, as native owners do. */
function isLockedByKernel(fs: NodeFiles, folder: string): boolean {
  const locks = readQuietly(fs, '/proc/locks');
  if (locks === undefined || readIfThere(fs, `${folder}/lock`) === undefined) return false;
  const { ino } = fs.statSync(`${folder}/lock`);
  return locks.split('\n').some((line) => line.includes('OFDLCK') && line.includes(`:${ino} `));
}

interface Claim {
  readonly number: number;
  readonly file: number;
  /** Of the file. */
  readonly length: number;
  readonly id: string;
}

function claim(fs: NodeFiles, folder: string): Claim {
  const self = new TextEncoder().encode(ownName(fs));
  for (;;) {
    const highest = Math.max(0, ...numbersIn(fs, folder));
    const refuse = (holder: string | undefined) => {
      if (holder !== undefined) throw locked(folder, holder);
    };
    refuse(liveOwner(fs, folder, ownerOf(highest)));
    const number = highest + 1;
    const file = linkNew(fs, folder, number, self);
    if (file === undefined) continue;
    const withdraw = () => {
      fs.rmSync(`${folder}/${ownerOf(number)}`, { force: true });
      fs.closeSync(file);
    };
    // One that stood still may have woken up.
    const woken = liveOwner(fs, folder, ownerOf(highest));
    if (woken !== undefined) withdraw();
    refuse(woken);
    // Deleted numbers can be claimed again; then a higher one is there. And a claim that was withdrawn leaves the owner
    // that it met.
    const numbers = numbersIn(fs, folder);
    const isLast = numbers.at(-1) === number && (highest === 0 || numbers.includes(highest));
    if (isLast) return { number, file, length: self.length, id: idOf(fs.fstatSync(file)) };
    withdraw();
  }
}

/** The file appears with its content, and is open then, or not at all. */
function linkNew(fs: NodeFiles, folder: string, number: number, text: Uint8Array): number | undefined {
  const draft = `${folder}/.owner.draft.${crypto.randomUUID()}`;
  const file = fs.openSync(draft, 'wx+', 0o600);
  try {
    fs.writeSync(file, text, 0, text.length, 0);
    fs.linkSync(draft, `${folder}/${ownerOf(number)}`);
    return file;
  } catch (error) {
    fs.closeSync(file);
    if ((error as { code?: string }).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function numbersIn(fs: NodeFiles, folder: string): number[] {
  const numbers = fs.readdirSync(folder).flatMap((name) => {
    const match = ownerFile.exec(name);
    return match ? [Number(match[1])] : [];
  });
  return numbers.sort((a, b) => a - b);
}

function locked(folder: string, holder: string): DiskError {
  return new DiskError('locked', `${folder} is in use by ${holder}; close its lot, or stop that process`);
}
