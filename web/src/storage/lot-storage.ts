import type { Clock } from '../clock.js';
import { ParkingLotError } from '../errors.js';
import { Disks } from '../wasm/disks.js';
import { IdbfsDisk } from '../wasm/idbfs-disk.js';
import type { RawDurableModule } from '../wasm/raw.js';
import { type Disk, faultOf, wordsOf } from './disk.js';
import {
  type After,
  type DiskState,
  type Durability,
  FallbackDisk,
  type WhenRefused,
} from './fallback-disk.js';
import { NodeDisk } from './node-disk.js';
import { nodeModules, oneSpelling } from './node-folders.js';
import { OpfsDisk } from './opfs-disk.js';
import { hasSyncHandles } from './opfs-handles.js';

/** A place that a config wants things stored at, as the core lists it. */
export interface StoreFacts {
  readonly kind: 'file' | 'idbfs' | 'opfs';
  readonly location: string;
  readonly durability: 'strict' | 'relaxed';
  /** Numbers of the pools whose tasks are here, and of those whose outcomes are. */
  readonly queues: readonly number[];
  readonly mailboxes: readonly number[];
}

/** A store as it is doing. */
export interface StoreState extends DiskState {
  /** As in the config; of a folder the one spelling that it has here. */
  readonly kind: StoreFacts['kind'];
  readonly location: string;
}

/** What the storage calls when something happens. */
export interface StorageEvents {
  /** A sync has ended: there may be inputs for the core. */
  synced(): void;
  /** A store became durable or volatile. */
  changed(): void;
  /** The module stopped. */
  broke(cause: unknown): void;
}

const durable: DiskState = { durability: 'durable', reason: undefined };

/** The disks of one lot, in the order of its stores. */
export class LotStorage {
  private readonly disks: Disk[] = [];
  private readonly waiting: (() => void)[] = [];
  /** By pool. */
  private readonly queueStores: number[] = [];
  private readonly mailboxStores: number[] = [];
  private endDisks: () => void = () => undefined;
  private closing: Promise<unknown> | undefined;

  private constructor(private readonly stores: readonly StoreFacts[]) {
    stores.forEach(({ queues, mailboxes }, store) => {
      for (const pool of queues) this.queueStores[pool] = store;
      for (const pool of mailboxes) this.mailboxStores[pool] = store;
    });
  }

  /**
   * Opens a disk for every store and gives them to the module. In a browser a store that cannot be had is kept in memory where
   * `whenRefused` is to go on, and its state says so; else it is an error, as in Node, and as is one that somebody else has. A
   * folder of mailboxes alone is left to the module, which knows whether it can be waited for.
   */
  static async open(
    stores: readonly StoreFacts[],
    raw: RawDurableModule,
    clock: Clock,
    events: StorageEvents,
    whenRefused: WhenRefused = 'go_on',
  ): Promise<LotStorage> {
    const storage = new LotStorage(stores);
    try {
      for (const store of stores) storage.disks.push(await openDisk(store, raw, clock, events, whenRefused));
    } catch (error) {
      await storage.close();
      throw error;
    }
    const disks = new Disks(
      raw,
      storage.disks,
      () => {
        events.synced();
        for (const resolve of storage.waiting.splice(0)) resolve();
      },
      (cause) => {
        events.broke(cause);
        for (const resolve of storage.waiting.splice(0)) resolve();
      },
    );
    storage.endDisks = () => disks.end();
    raw.disks = disks;
    return storage;
  }

  /** How these stores' folders are to be spelled: as the config does, NUL, the one spelling, NUL, … */
  static foldersText(stores: readonly StoreFacts[]): string {
    return stores
      .filter(({ kind }) => kind === 'file')
      .map(({ location }) => `${location}\0${oneSpelling(location, nodeModules())}\0`)
      .join('');
  }

  get count(): number {
    return this.disks.length;
  }

  /** How each store is doing. */
  states(): StoreState[] {
    return this.stores.map(({ kind, location }, i) => ({ kind, location, ...stateOf(this.disks[i]!) }));
  }

  /** The number of the store that has this pool's tasks; -1: they are volatile. */
  queueOf(pool: number): number {
    return this.queueStores[pool] ?? -1;
  }

  mailboxOf(pool: number): number {
    return this.mailboxStores[pool] ?? -1;
  }

  /** What a crash leaves of what is said now about this pool's tasks. */
  durabilityOf(pool: number): Durability {
    const store = this.queueOf(pool);
    return store < 0 ? 'volatile' : stateOf(this.disks[store]!).durability;
  }

  /** Resolves when a sync has ended. */
  nextSync(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Lets go of all disks. Calling it again does no harm. */
  async close(): Promise<void> {
    this.endDisks();
    this.closing ??= Promise.all(this.disks.map((disk) => disk.close()));
    await this.closing;
  }
}

/** A browser may delete what it has stored, or let people do so. */
function watched(
  stored: IdbfsDisk | OpfsDisk,
  after: After,
  changed: () => void,
  whenRefused: WhenRefused,
  note?: string,
): FallbackDisk {
  const disk = new FallbackDisk(stored, after, changed, whenRefused, note);
  stored.onDeletion(() => disk.emptied());
  return disk;
}

function stateOf(disk: Disk): DiskState {
  return disk instanceof FallbackDisk ? disk.state : durable;
}

async function openDisk(
  { kind, location, queues, mailboxes }: StoreFacts,
  raw: RawDurableModule,
  clock: Clock,
  events: StorageEvents,
  whenRefused: WhenRefused,
): Promise<Disk> {
  const after = (delayMs: number, callback: () => void) => clock.after(delayMs, callback);
  const changed = () => events.changed();
  try {
    if (kind === 'file') {
      const modules = nodeModules();
      const folder = new NodeDisk(modules, oneSpelling(location, modules));
      if (queues.length > 0 || mailboxes.length === 0) folder.lock();
      return folder;
    }
    if (kind === 'opfs' && hasSyncHandles()) {
      return watched(await OpfsDisk.open(location), after, changed, whenRefused);
    }
    const note =
      kind === 'opfs'
        ? 'kept in IndexedDB: files of the origin can be written in dedicated workers only'
        : undefined;
    return watched(await IdbfsDisk.open(raw, location), after, changed, whenRefused, note);
  } catch (cause) {
    const goesOn = kind !== 'file' && whenRefused === 'go_on' && faultOf(cause) !== 'locked';
    if (goesOn) return FallbackDisk.inMemory(wordsOf(cause));
    throw new ParkingLotError('unavailable', `The store ${location} cannot be opened: ${wordsOf(cause)}`, {
      cause,
    });
  }
}
