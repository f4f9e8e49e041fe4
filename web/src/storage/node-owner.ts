import type { NodeFiles } from './node-lock.js';

/** An owner shows itself that often, by the time of change of its file. */
export const showEveryMs = 2000;
/** One that cannot be looked at and has not shown itself for so long is gone. */
export const silenceMs = 10_000;

interface NodeProcess {
  readonly pid: number;
  kill(pid: number, signal: 0): unknown;
}

/** What a process knows of where it runs. Both are undefined on systems that do not tell. */
interface Place {
  /** The running of the machine since it was started. */
  readonly boot: string | undefined;
  /** Process ids mean something only inside of it; containers have one of their own. */
  readonly ns: string | undefined;
  /** Whether /proc shows the processes by the ids that they have here. */
  readonly showsProcesses: boolean;
}

/**
 * `pid <n>`, `start <n>`, `boot <id>`, `ns <name>`, a line each; lines that a system cannot tell are left out. Who writes an
 * `ns` shows itself every `showEveryMs`.
 */
export function nameOf(fs: NodeFiles, pid: number): string {
  const { boot, ns, showsProcesses } = placeOf(fs);
  const start = showsProcesses ? startOf(fs, pid) : undefined;
  const lines = { pid, start, boot, ns };
  return Object.entries(lines)
    .map(([name, value]) => (value === undefined ? '' : `${name} ${value}\n`))
    .join('');
}

export function ownName(fs: NodeFiles): string {
  return nameOf(fs, thisProcess().pid);
}

/**
 * The live owner that a file of a folder names, in words; undefined if it is gone.
 *
 * In the same place it is alive if its process is, and has the file open: so a thread of this process that ended without
 * closing holds nothing, nor does a copy of the file. In another container, or on another machine that shares the
 * folder, it cannot be looked at, and is alive as long as it shows itself. The native side judges by the same rules
 * (`native/backend/file_journal/posix_owner.cc`).
 */
export function liveOwner(fs: NodeFiles, folder: string, file: string): string | undefined {
  const path = `${folder}/${file}`;
  const text = readIfThere(fs, path);
  if (text === undefined) return undefined;
  const field = (name: string) => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  const pid = Number(field('pid'));
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const here = placeOf(fs);
  const [boot, ns] = [field('boot'), field('ns')];
  // Owners without a namespace were written by earlier versions, which did not show themselves.
  if (ns === undefined && boot !== undefined && here.boot !== undefined && boot !== here.boot)
    return undefined;
  if (ns !== undefined && (ns !== here.ns || boot !== here.boot)) return strangerIn(fs, folder, path, pid);
  if (!runs(fs, pid, field('start'), here)) return undefined;
  return here.showsProcesses && !mayHold(fs, pid, path) ? undefined : `process ${pid}`;
}

function strangerIn(fs: NodeFiles, folder: string, path: string, pid: number): string | undefined {
  const shownAt = changedAt(fs, path);
  if (shownAt === undefined) return undefined;
  // Of one that seems to have shown itself in the future the clock was set back.
  const silent = Math.abs(nowIn(fs, folder) - shownAt);
  if (silent >= silenceMs) return undefined;
  return (
    `process ${pid} in another container or on another machine, last seen ${(silent / 1000).toFixed(1)} s ago ` +
    `(${silenceMs / 1000} s after it was last seen it counts as gone)`
  );
}

function runs(fs: NodeFiles, pid: number, start: string | undefined, { showsProcesses }: Place): boolean {
  const itsStart = showsProcesses ? startOf(fs, pid) : undefined;
  if (itsStart !== undefined && start !== undefined) return itsStart === start;
  try {
    thisProcess().kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** Whether the process has the file open, or does not let this one see. */
function mayHold(fs: NodeFiles, pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  let open: string[];
  try {
    open = fs.readdirSync(folder);
  } catch {
    return true;
  }
  const file = idQuietly(fs, path);
  return file !== undefined && open.some((number) => idQuietly(fs, `${folder}/${number}`) === file);
}

/** Tells a file from all others. */
export function idOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`;
}

export function idQuietly(fs: NodeFiles, path: string): string | undefined {
  try {
    return idOf(fs.statSync(path));
  } catch {
    return undefined;
  }
}

/** By the clock that gives the files of the folder their times, which may be that of another machine. */
function nowIn(fs: NodeFiles, folder: string): number {
  const draft = `${folder}/.owner.draft.${crypto.randomUUID()}`;
  const file = fs.openSync(draft, 'wx', 0o600);
  try {
    return fs.fstatSync(file).mtimeMs;
  } finally {
    fs.closeSync(file);
    fs.rmSync(draft, { force: true });
  }
}

/** Of a file that is opened for it: what a path alone tells may be old on volumes of a network. Undefined if it is gone. */
function changedAt(fs: NodeFiles, path: string): number | undefined {
  if (readIfThere(fs, path) === undefined) return undefined;
  const file = fs.openSync(path, 'r');
  try {
    return fs.fstatSync(file).mtimeMs;
  } finally {
    fs.closeSync(file);
  }
}

function placeOf(fs: NodeFiles): Place {
  return {
    boot: readQuietly(fs, '/proc/sys/kernel/random/boot_id')?.trim(),
    ns: linkQuietly(fs, '/proc/self/ns/pid'),
    showsProcesses: linkQuietly(fs, '/proc/self') === String(thisProcess().pid),
  };
}

/** When the process started, in the clock ticks of the kernel: tells it from a later one with the same id. */
function startOf(fs: NodeFiles, pid: number): string | undefined {
  const stat = readQuietly(fs, `/proc/${pid}/stat`);
  // The second field is a name in parentheses, which may hold anything; the start is the 22nd.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

export function readIfThere(fs: NodeFiles, path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function readQuietly(fs: NodeFiles, path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function linkQuietly(fs: NodeFiles, path: string): string | undefined {
  try {
    return fs.readlinkSync(path);
  } catch {
    return undefined;
  }
}

function thisProcess(): NodeProcess {
  return (globalThis as unknown as { process: NodeProcess }).process;
}
