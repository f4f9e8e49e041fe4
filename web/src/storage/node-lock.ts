import { DiskError } from './disk.js';

/** The part of `node:fs` that is used here. */
export interface NodeFiles {
  mkdirSync(path: string, options: { mode: number }): unknown;
  readdirSync(path: string): string[];
  readFileSync(path: string, encoding: 'utf8'): string;
  writeFileSync(path: string, text: string, options: { mode: number; flag: string }): void;
  linkSync(from: string, to: string): void;
  rmSync(path: string, options: { force: true }): void;
  openSync(path: string, flags: string, mode?: number): number;
  closeSync(file: number): void;
  renameSync(from: string, to: string): void;
  realpathSync(path: string): string;
  statSync(path: string): { ino: number; isDirectory(): boolean };
  fstatSync(file: number): { size: number };
  readSync(file: number, into: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  ftruncateSync(file: number, length: number): void;
  fdatasync(file: number, done: (error: Error | null) => void): void;
  fsync(file: number, done: (error: Error | null) => void): void;
}

interface NodeProcess {
  readonly pid: number;
  kill(pid: number, signal: 0): unknown;
}

export interface NodeLock {
  release(): void;
}

const ownerFile = /^\.owner\.(\d+)$/;
const released = new TextEncoder().encode('released\n');

/**
 * Makes this process the only owner of a folder, until it releases it or ends, however it ends.
 *
 * Node has no lock that the kernel frees with its process. So an owner is a file `.owner.<n>` that names a process: id,
 * time of its start, boot of the machine; it holds nothing once that process is gone. A claim makes the next higher number
 * in one atomic step, and only owners delete files below their own, so that no claim can delete another one. Native
 * processes hold a lock of the kernel on the file `lock`, which the kernel lists. Each side first announces itself and then
 * looks for the other.
 */
export function lockFolder(fs: NodeFiles, folder: string): NodeLock {
  const self = nameOf(fs, currentProcess().pid);
  const { number, file } = claim(fs, folder, self);
  if (isLockedByKernel(fs, `${folder}/lock`)) {
    release(fs, file);
    const holder = readIfThere(fs, `${folder}/lock`)?.trim() || 'another process';
    throw locked(folder, holder);
  }
  for (const lower of numbersIn(fs, folder)) {
    if (lower < number) fs.rmSync(`${folder}/.owner.${lower}`, { force: true });
  }
  return { release: () => release(fs, file) };
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

/** Whether a process holds a lock of an open file on it, as native owners do. */
function isLockedByKernel(fs: NodeFiles, path: string): boolean {
  const locks = readQuietly(fs, '/proc/locks');
  if (locks === undefined || readIfThere(fs, path) === undefined) return false;
  const { ino } = fs.statSync(path);
  return locks.split('\n').some((line) => line.includes('OFDLCK') && line.includes(`:${ino} `));
}

interface Claim {
  readonly number: number;
  readonly file: number;
}

function claim(fs: NodeFiles, folder: string, self: string): Claim {
  for (;;) {
    const highest = Math.max(0, ...numbersIn(fs, folder));
    const holder = highest === 0 ? undefined : readIfThere(fs, `${folder}/.owner.${highest}`);
    if (holder !== undefined && isAlive(fs, holder)) {
      throw locked(folder, `process ${/^pid (\d+)$/m.exec(holder)![1]}`);
    }
    const number = highest + 1;
    const file = linkNew(fs, folder, number, self);
    if (file === undefined) continue;
    // Deleted numbers can be claimed again; then a higher one is there.
    if (Math.max(...numbersIn(fs, folder)) === number) return { number, file };
    fs.rmSync(`${folder}/.owner.${number}`, { force: true });
    fs.closeSync(file);
  }
}

/** The file appears with its content, and is open then, or not at all. */
function linkNew(fs: NodeFiles, folder: string, number: number, self: string): number | undefined {
  const draft = `${folder}/.owner.draft.${crypto.randomUUID()}`;
  const file = fs.openSync(draft, 'wx', 0o600);
  try {
    const text = new TextEncoder().encode(self);
    fs.writeSync(file, text, 0, text.length, 0);
    fs.linkSync(draft, `${folder}/.owner.${number}`);
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
  return fs.readdirSync(folder).flatMap((name) => {
    const match = ownerFile.exec(name);
    return match ? [Number(match[1])] : [];
  });
}

function readIfThere(fs: NodeFiles, path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `pid <n>`, `start <n>`, `boot <id>`, a line each; lines that a system cannot tell are left out. */
export function nameOf(fs: NodeFiles, pid: number): string {
  const start = startOf(fs, pid);
  const boot = readQuietly(fs, '/proc/sys/kernel/random/boot_id')?.trim();
  return `pid ${pid}\n${start === undefined ? '' : `start ${start}\n`}${boot ? `boot ${boot}\n` : ''}`;
}

/** Whether the process that such a text names still runs. */
export function isAlive(fs: NodeFiles, text: string): boolean {
  const field = (name: string) => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  const pid = Number(field('pid'));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const boot = readQuietly(fs, '/proc/sys/kernel/random/boot_id')?.trim();
  if (boot && field('boot') !== undefined && field('boot') !== boot) return false;
  const start = startOf(fs, pid);
  if (start !== undefined && field('start') !== undefined) return field('start') === start;
  try {
    currentProcess().kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** When the process started, in the clock ticks of the kernel: tells it from a later one with the same id. */
function startOf(fs: NodeFiles, pid: number): string | undefined {
  const stat = readQuietly(fs, `/proc/${pid}/stat`);
  // The second field is a name in parentheses, which may hold anything; the start is the 22nd.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readQuietly(fs: NodeFiles, path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function locked(folder: string, holder: string): DiskError {
  return new DiskError('locked', `${folder} is in use by ${holder}; close its lot, or stop that process`);
}

function currentProcess(): NodeProcess {
  return (globalThis as unknown as { process: NodeProcess }).process;
}
