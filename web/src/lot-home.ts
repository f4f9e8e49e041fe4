import type { Audit } from './audit.js';
import type { Clock } from './clock.js';
import type { MailboxKey } from './config.js';
import type { ConfigIssue } from './errors.js';
import type { ExecutorSources } from './executor/sources.js';
import type { Garages } from './garage/index.js';
import type { GarageStorage } from './garage/storage.js';
import type { Mailbox } from './mailbox.js';
import type { Pool } from './pool.js';
import type { PoolStats } from './pool-stats.js';
import type { Durability } from './storage/fallback-disk.js';
import type { StorageModule } from './storage/index.js';
import type { WasmSource } from './wasm/load.js';

/** How a lot runs its tasks. Every part names pools of the config. */
export interface OpenOptions<Handlers> extends ExecutorSources<Handlers> {
  /**
   * The WebAssembly module, for those who load it themselves: `prometheus-parking-lot/parking-lot.wasm`, or, if a queue or a
   * mailbox of the config is stored anywhere but in memory, `prometheus-parking-lot/parking-lot-durable.wasm`.
   */
  wasm?: WasmSource | Promise<WasmSource>;
  /**
   * What keeps durable pools, for realms that cannot load it when it is needed: service workers, and bundles without
   * dynamic imports. `import { storage } from 'prometheus-parking-lot/storage'`.
   */
  storage?: StorageModule;
  /** The same for `prometheus-parking-lot/parking-lot-garage.wasm`, which is loaded if the config has garages. */
  garageWasm?: WasmSource | Promise<WasmSource>;
  /**
   * What keeps garages, for realms that cannot load it when it is needed, like `storage`. `import { Garages } from
   * 'prometheus-parking-lot/garage'`.
   */
  garages?: typeof Garages;
  /** What keeps stored garages, for the same realms. `import { garageStorage } from 'prometheus-parking-lot/garage-storage'`. */
  garageStorage?: GarageStorage;
  /** Clocks and timers; `manualClock()` of `prometheus-parking-lot/testing` in tests. */
  clock?: Clock;
  /** Variables for `${NAME}` in the config; default: those of the process, where there is one. */
  environment?: Record<string, string | undefined>;
  /**
   * What to do if a store holds a pool that the config does not name: `refuse` to open (default), or `keep` it untouched
   * beside the others.
   */
  orphans?: 'refuse' | 'keep';
  /** 128 random bits in two halves, that name leases and tasks; fixed in tests, random by default. */
  entropy?: readonly [bigint, bigint];
}

export interface PoolHealth extends PoolStats {
  /** Whether its tasks survive a crash of this realm. */
  readonly durability: Durability;
  /**
   * `degraded`: its storage or that of its mailbox fails; outcomes wait, and nothing is lost. `volatile`: the browser
   * refuses to store what the config wants stored, and it goes on in memory.
   */
  readonly status: 'ok' | 'degraded' | 'volatile';
  /** Why it is not `ok`, or is stored elsewhere than the config says. */
  readonly reason?: string;
}

/** A place that the config wants things stored at. */
export interface StoreHealth {
  /** As in the config. */
  readonly kind: 'file' | 'idbfs' | 'opfs';
  readonly location: string;
  readonly status: 'ok' | 'degraded' | 'volatile';
  readonly reason?: string;
}

export interface GarageHealth {
  /** `degraded`: its storage is loading or fails. What it cannot store it does not confirm. */
  readonly status: 'ok' | 'degraded';
  readonly reason?: string;
}

export interface Health {
  /** The worst of the pools and garages. */
  readonly status: 'ok' | 'degraded' | 'volatile';
  /** Whether the tasks of all pools survive a crash of this realm. */
  readonly durability: Durability;
  /** Whether the lot is hosted for this realm alone or from here; false in a tab that follows the one which leads. */
  readonly leads: boolean;
  readonly pools: Readonly<Record<string, PoolHealth>>;
  readonly stores: readonly StoreHealth[];
  /** Of a config that has garages. */
  readonly garages?: Readonly<Record<string, GarageHealth>>;
  /** Bytes that the core holds for tasks, queues, indexes and messages. */
  readonly memoryBytes: number;
}

/** What stands behind a ParkingLot: a host in this realm, or the realm that leads the tabs of one database. */
export interface LotHome {
  readonly audit: Audit;
  readonly warnings: readonly ConfigIssue[];
  readonly poolNames: readonly string[];
  pool(name: string): Pool<never, never> | undefined;
  mailbox(key: MailboxKey): Mailbox;
  health(): Promise<Health>;
  /** Calls `listener` when a status of a pool or a store has changed, or another realm leads; the answer stops that. */
  onHealth(listener: (health: Health) => void): () => void;
  /** Resolves when nothing is left. Called once. */
  close(): Promise<void>;
}
