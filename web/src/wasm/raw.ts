/**
 * The WebAssembly modules as they really are: what `wasm/*.cc` exports. A test compares this file with their own exports,
 * names and numbers of arguments both. Everything here trusts its caller; `core.ts` is that caller.
 */

/** Plain exports. Numbers are unsigned 32-bit unless said otherwise; pointers are byte offsets into memory. */
export interface RawFunctions {
  _pl_text_in(): number;
  _pl_text_capacity(): number;
  _pl_numbers_in(): number;
  _pl_flush(wallMs: number, steadyMs: number): number;
  _pl_queued(): number;
  _pl_take(): number;
  _pl_entries(): number;
  _pl_text_out(): number;
  _pl_watch(everything: number): void;
  _pl_name(length: number): number;
  _pl_mailbox_key(tenantLength: number, userLength: number, sessionLength: number): number;
  _pl_release_name(name: number): void;
  _pl_submit_fast(
    request: number,
    answers: number,
    pool: number,
    priority: number,
    units: number,
    realm: number,
  ): void;
  _pl_submit(): void;
  _pl_cancel_submission(request: number): void;
  _pl_executor_ready(
    pool: number,
    executor: number,
    realm: number,
    credits: number,
    heartbeats: number,
  ): void;
  _pl_executor_gone(pool: number, executor: number, dead: number): void;
  _pl_running(run: number): void;
  _pl_heartbeat(run: number): void;
  _pl_usage(run: number, units: number): void;
  _pl_finished(run: number, result: number): void;
  _pl_failed(run: number, reason: number, result: number, unitsFreed: number): void;
  _pl_task(
    what: number,
    request: number,
    pool: number,
    slot: number,
    generation: number,
    idLength: number,
    priority: number,
  ): void;
  _pl_cancel_tenant(request: number, pool: number, tenant: number): void;
  _pl_client_gone(client: number): void;
  _pl_list(request: number, pool: number, status: number, after: number, limit: number): void;
  _pl_set_pool_state(request: number, pool: number, state: number): void;
  _pl_fetch(request: number, key: number, afterLength: number, sinceMs: number, limit: number): void;
  _pl_acknowledge(request: number, key: number, cursorLength: number): void;
  _pl_subscribe(key: number): void;
  _pl_unsubscribe(key: number): void;
  _pl_stats(pool: number): number;
  _pl_memory_bytes(): number;
  _pl_task_id(slot: number, generation: number): number;
  _pl_bytes_in(size: number): number;
  _pl_put(length: number): number;
  /** Length, or below 0. */
  _pl_read(id: number): number;
  _pl_bytes_out(): number;
  _pl_files_synced(disk: number, fault: number): void;
  _pl_storage_state(): number;
  /** Before `closeLot`: ticks then commit until damage to anything durable can be told from a commit that was cut short. */
  _pl_settle_storage(): void;
}

/** Embind functions, for what is rare: they take and return text. */
export interface RawSetup {
  /** Parses and validates; answers `{issues, unavailable, stores, config}`. `built`: kinds of storage, with commas. */
  checkConfig(configJson: string, environment: string, built: string): string;
  /**
   * Opens the module's one lot; answers like `checkConfig`, or `{issues, failure}`. With stores in the config and no
   * `disks` for them nothing is opened. `folders`: as the config spells a folder, NUL, as it is spelled here, NUL, …
   */
  openLot(
    configJson: string,
    environment: string,
    folders: string,
    built: string,
    disks: number,
    wallMs: number,
    steadyMs: number,
    entropyHigh: bigint,
    entropyLow: bigint,
    keepsOrphans: boolean,
  ): string;
  closeLot(): void;
  /** Why the store on this disk fails; empty while it does not. */
  storageTrouble(disk: number): string;
  /** Whether pools go on while that store cannot be had. */
  storageMayWait(disk: number): boolean;
  /** The pool's number, -1 for an unknown name. */
  poolIndex(name: string): number;
  /** Queues a change of a pool's settings; answers the issues, and the request later if there are none. */
  reconfigure(request: number, pool: number, settingsJson: string): string;
  /** `kind` -1: any subject. `untilMs` infinity: no end. `order` 0: oldest first. */
  queryAudit(
    kind: number,
    id: string,
    fromMs: number,
    untilMs: number,
    order: number,
    after: string,
    limit: number,
  ): string;
  /** A durable pool at a past time: `{stats, tasks}`, or `{where, failure}`. */
  pastOfPool(pool: number, wallMs: number): string;
  /** Sessions whose messages are to be acknowledged first, up to `cursor`; or the id of a task that lives. */
  findUser(tenant: string, user: string): string;
  /** Destroys keys with the next commit. */
  eraseUser(tenant: string, user: string): string;
  version(): string;
}

/** What Emscripten itself puts on the module and this package uses. */
export interface RawMemory {
  readonly HEAP32: Int32Array;
  readonly HEAPU8: Uint8Array;
  readonly HEAPF64: Float64Array;
}

/** A file system of Emscripten's, as far as it is used here. */
export interface RawFileSystem {
  mkdirTree(path: string): void;
  mount(type: RawIdbfs, options: object, path: string): unknown;
  unmount(path: string): void;
  lookupPath(path: string): { node: { mount: RawMount } };
  readdir(path: string): string[];
  stat(path: string): { size: number };
  open(path: string, flags: string | number): RawStream;
  close(stream: RawStream): void;
  read(stream: RawStream, into: Uint8Array, offset: number, length: number, position: number): number;
  write(stream: RawStream, bytes: Uint8Array, offset: number, length: number, position: number): number;
  ftruncate(fd: number, length: number): void;
  unlink(path: string): void;
}
export interface RawStream {
  readonly fd: number;
  readonly node: { usedBytes: number };
}
/** A mount of `wasm/library_idbfs.js`. */
/** Whose a browser database is. The token is the owner's alone. */
export interface StoredOwner {
  readonly epoch: number;
  readonly sync: number;
  readonly token: number;
}
export interface RawMount {
  readonly idbfs: StoredOwner & { gone: () => void };
}
export interface RawIdbfs {
  durability: 'strict' | 'relaxed';
  syncfs(mount: RawMount, populate: boolean, callback: (error: unknown) => void): void;
  abandon(mount: RawMount): void;
  disown(mount: RawMount): void;
  readOwner(mount: RawMount, callback: (error: unknown, owner: StoredOwner) => void): void;
  release(mount: RawMount): void;
}

/** What `wasm/library_files.js` calls. */
export interface RawDisks {
  lock(disk: number): number;
  unlock(disk: number): void;
  keptConfig(disk: number): void;
  keepConfig(disk: number, text: number, length: number): void;
  list(disk: number): number;
  create(disk: number, file: number, length: number): number;
  size(disk: number, file: number, length: number): number;
  read(disk: number, file: number, length: number, offset: number, out: number, size: number): number;
  write(disk: number, file: number, length: number, offset: number, bytes: number, size: number): number;
  truncate(disk: number, file: number, length: number, bytes: number): number;
  remove(disk: number, file: number, length: number): number;
  /** Fills memory with random bytes. */
  random(disk: number, out: number, size: number): number;
  sync(disk: number, files: number, length: number, isStrict: number): void;
  text(out: number, capacity: number): number;
}

export interface RawFiles {
  readonly FS: RawFileSystem;
  readonly IDBFS: RawIdbfs;
  disks?: RawDisks;
}

export type RawModule = RawFunctions & RawSetup & RawMemory;
/** The module that keeps what is durable. */
export type RawDurableModule = RawModule & RawFiles;

/** Places in the array at `_pl_numbers_in`, as in `wasm/hot_path.cc`. */
export const Field = {
  request: 0,
  answers: 1,
  pool: 2,
  priority: 3,
  kind: 4,
  units: 5,
  tenant: 6,
  mailbox: 7,
  deadline: 8,
  startAfter: 9,
  timeout: 10,
  estimate: 11,
  digestHigh: 12,
  digestLow: 13,
  maxAttempts: 14,
  factorPercent: 15,
  jitterPercent: 16,
  initial: 17,
  max: 18,
  maxLost: 19,
  onDisconnect: 20,
  dedup: 21,
  realm: 22,
  client: 23,
  idLength: 24,
  payload: 25,
  resourceCount: 26,
  resources: 27,
  count: 35,
} as const;

/** First word of an effect's entry, as in `wasm/session.h`. */
export const EntryKind = {
  start: 1,
  stop: 2,
  submitted: 3,
  refused: 4,
  done: 5,
  text: 6,
  notify: 7,
  release: 8,
  arrived: 9,
} as const;
export const entryWords = 12;

export const TaskCommand = { cancel: 0, setPriority: 1, retry: 2, inspect: 3, explain: 4 } as const;
export const Answers = { all: 0, failures: 1 } as const;
/** High word of a payload's id: which table its low word is a place in. */
export const PayloadTable = { tasks: 1, results: 2 } as const;
/** Bits of `_pl_storage_state`. */
export const StorageState = { loading: 1, committing: 2, fenced: 4, erasing: 8 } as const;
export const endlessCredits = 0xffffffff;
