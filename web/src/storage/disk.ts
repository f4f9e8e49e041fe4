/** What can go wrong with a disk. The numbers of the faults are their places in `faults`, from 1; see `wasm/host_files.cc`. */
export const faults = ['io', 'no_space', 'not_found', 'exists', 'locked', 'denied', 'fenced'] as const;
export type Fault = (typeof faults)[number];

export class DiskError extends Error {
  override readonly name = 'DiskError';

  constructor(
    readonly fault: Fault,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** `strict` survives the loss of power, `relaxed` the death of the process. */
export type SyncMode = 'strict' | 'relaxed';

/** What a folder can do besides: it can be had late, and be let go for a while. */
export interface Folder {
  /** Makes this its only owner, if it is not yet. A folder that is not there is made. */
  lock(): void;
  /** Lets go of it, and of its files as they were. */
  unlock(): void;
  /** The part of the config that is kept beside the files, for tools that are given the folder alone; empty if there is none. */
  keptConfig(): string;
  /** A reader sees the old text or the new one. It is a convenience: that it cannot be written is no reason to stop. */
  keepConfig(text: string): void;
}

/**
 * The files of one store: a flat set with short names (`[a-z0-9-]{1,40}`). Whoever has a disk, or has locked it if it can be
 * locked, is its only owner, until it is closed or fenced.
 *
 * Everything but `sync` is done at once and throws a DiskError, or whatever the platform throws. While a sync is under
 * way files are only read: the journal promises that.
 */
export interface Disk extends Partial<Folder> {
  list(): string[];
  create(file: string): void;
  size(file: string): number;
  /** Fills `into`; answers how many bytes there were. */
  read(file: string, at: number, into: Uint8Array): number;
  write(file: string, at: number, bytes: Uint8Array): void;
  truncate(file: string, bytes: number): void;
  /** A file that does not exist is no error. */
  remove(file: string): void;
  /** Makes the contents and the existence of these files durable. */
  sync(files: readonly string[], mode: SyncMode): Promise<void>;
  /** Lets go of everything. What was not synced may be lost. */
  close(): Promise<void>;
}

/** The fault behind whatever a platform throws. */
export function faultOf(error: unknown): Fault {
  if (error instanceof DiskError) return error.fault;
  const { name, code } = (error ?? {}) as { name?: string; code?: unknown };
  // The one of a DOMException is a number from before they had names.
  switch (typeof code === 'string' ? code : name) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'QuotaExceededError':
      return 'no_space';
    case 'ENOENT':
    case 'NotFoundError':
      return 'not_found';
    case 'EEXIST':
      return 'exists';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'SecurityError':
    case 'NotAllowedError':
      return 'denied';
    case 'NoModificationAllowedError':
      return 'locked';
    case 'lost':
      return 'fenced';
    default:
      return 'io';
  }
}

export function wordsOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return error.message;
  return String((error as { name?: unknown } | null)?.name ?? error);
}
