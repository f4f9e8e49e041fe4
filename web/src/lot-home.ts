import type { Audit } from './audit.js';
import type { Clock } from './clock.js';
import type { MailboxKey } from './config.js';
import type { ConfigIssue } from './errors.js';
import type { ExecutorSources } from './executor/sources.js';
import type { Mailbox } from './mailbox.js';
import type { Pool, PoolStats } from './pool.js';
import type { WasmSource } from './wasm/load.js';

/** How a lot runs its tasks. Every part names pools of the config. */
export interface OpenOptions<Handlers> extends ExecutorSources<Handlers> {
  /** The WebAssembly module, for those who load it themselves. */
  wasm?: WasmSource | Promise<WasmSource>;
  /** Clocks and timers; `manualClock()` of `prometheus-parking-lot/testing` in tests. */
  clock?: Clock;
  /** Variables for `${NAME}` in the config; default: those of the process, where there is one. */
  environment?: Record<string, string | undefined>;
  /** 128 random bits in two halves, that name leases and tasks; fixed in tests, random by default. */
  entropy?: readonly [bigint, bigint];
}

export interface PoolHealth extends PoolStats {
  readonly durability: 'volatile';
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  /** What a crash of this realm leaves of the tasks: nothing. */
  readonly durability: 'volatile';
  readonly pools: Readonly<Record<string, PoolHealth>>;
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
  /** Resolves when nothing is left. Called once. */
  close(): Promise<void>;
}
