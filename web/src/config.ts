import type { Dedup, OnDisconnect, Policy, Priority, ResourceKind } from './codes.js';
import type { GarageConfig } from './garage/config.js';

/** Where a queue or a mailbox is stored: `file` in Node, `idbfs` and `opfs` in browsers, `in_memory` everywhere. */
export type StorageConfig =
  | 'in_memory'
  | 'file'
  | 'yaque'
  | 'idbfs'
  | 'opfs'
  | 'postgres'
  | 'postgres_custom'
  | 'pgmq'
  | 'postgres_pgmq'
  | ({ type: string } & Record<string, unknown>);

export interface RetryConfig {
  max_attempts?: number;
  backoff?: {
    initial?: string | number;
    factor_percent?: number;
    max?: string | number;
    jitter_percent?: number;
  };
}

export interface TenantConfig {
  weight?: number;
  /** What its tasks may use at once. */
  max_units?: number | Record<string, number>;
  /** How many of its tasks may be parked. */
  max_queued?: number;
}

declare const declared: unique symbol;

/** One pool. `Payload` and `Result` are types only; give them with `pool<Payload, Result>({...})`. */
export interface PoolConfig<Payload = unknown, Result = unknown> {
  /** Capacity in units; 0: the pool refuses everything. */
  max_units: number | Record<string, number>;
  queue?: StorageConfig;
  mailbox?: StorageConfig | { storage?: StorageConfig; [key: string]: unknown };
  runtime?: 'native' | 'web_worker' | 'cloud_worker';
  executor?: string | ({ type: string } & Record<string, unknown>);
  max_queue_depth?: number;
  default_timeout_secs?: number;
  policy?: Policy;
  starvation_guard_secs?: number;
  backfill_candidates?: number;
  /** In which order `backfill` looks at those who may pass the head. */
  backfill_order?: 'leaving' | 'shortest';
  estimates?: 'declared' | 'learned';
  fairness?: 'none' | 'tenant';
  tenants?: Record<string, TenantConfig>;
  ageing_secs?: number;
  retry?: RetryConfig;
  max_lost?: number;
  heartbeat_secs?: number;
  lease_secs?: number;
  kill_grace_secs?: number;
  quarantine_secs?: number;
  max_payload_bytes?: number;
  max_output_bytes?: number;
  task_retention_secs?: number;
  task_retention_count?: number;
  durability?: 'strict' | 'relaxed';
  readonly [declared]?: { payload: Payload; result: Result };
}

/** What `pool.reconfigure` changes. */
export type PoolSettings = Partial<
  Pick<
    PoolConfig,
    | 'max_units'
    | 'max_queue_depth'
    | 'policy'
    | 'starvation_guard_secs'
    | 'backfill_candidates'
    | 'backfill_order'
    | 'estimates'
    | 'fairness'
    | 'tenants'
    | 'ageing_secs'
  >
>;

/** The config of a lot, the same as of the command line; see the shipped JSON Schema (`./config-schema`). */
export interface LotConfig {
  // biome-ignore lint/suspicious/noExplicitAny: any pool may stand here, whatever its payload
  pools: Record<string, PoolConfig<any, any>>;
  /** They live in the memory of the realm that opens the lot. */
  garages?: Record<string, GarageConfig>;
  audit?: { retention_secs?: number; memory_events?: number };
  seed?: number;
  [key: string]: unknown;
}

/** Declares a pool together with the types of its payloads and results. */
export function pool<Payload = unknown, Result = unknown>(config: PoolConfig): PoolConfig<Payload, Result> {
  return config as PoolConfig<Payload, Result>;
}

type Declared<P> = P extends { readonly [declared]?: infer D } ? Exclude<D, undefined> : never;
type IsUnknown<T> = unknown extends T ? true : false;

/** What a pool's tasks carry: from `pool<Payload, Result>`, else from its inline handler, else unknown. */
export type PayloadOf<P, H = unknown> =
  IsUnknown<FieldOf<P, 'payload'>> extends true
    ? // biome-ignore lint/suspicious/noExplicitAny: only the first parameter is looked at
      H extends (payload: infer Payload, ...rest: any[]) => unknown
      ? Payload
      : unknown
    : FieldOf<P, 'payload'>;

export type ResultOf<P, H = unknown> =
  IsUnknown<FieldOf<P, 'result'>> extends true
    ? // biome-ignore lint/suspicious/noExplicitAny: only the return type is looked at
      H extends (...all: any[]) => infer Result
      ? Awaited<Result>
      : unknown
    : FieldOf<P, 'result'>;

type FieldOf<P, Key extends 'payload' | 'result'> = [Declared<P>] extends [never]
  ? unknown
  : Declared<P> extends { [K in Key]: infer T }
    ? T
    : unknown;

/** A length of time: milliseconds, or `250ms`, `30s`, `5m`, `2h`, `1d`. */
export type DurationLike = number | string;
/** A moment: Unix milliseconds, a Date, an RFC 3339 text, or relative to now like `30s`. */
export type MomentLike = number | Date | string;

export interface MailboxKey {
  tenant: string;
  user?: string;
  session?: string;
}

/** The long spelling of a mailbox key, as in job files and over HTTP. */
export interface LongMailboxKey {
  tenant: string;
  user_id?: string;
  session_id?: string;
  userId?: string;
  sessionId?: string;
}

export interface RetrySpec {
  maxAttempts?: number;
  max_attempts?: number;
  backoff?: {
    initial?: DurationLike;
    factorPercent?: number;
    factor_percent?: number;
    max?: DurationLike;
    jitterPercent?: number;
    jitter_percent?: number;
  };
}

/**
 * A task as its submitter describes it. The long names of job files (`task_id`, `resource_cost`, `mailbox_key`, ...)
 * are accepted too; `docs/configuration.md` tells what each field means.
 */
export interface TaskSpec<Payload = unknown> {
  /** Kept as it is and handed to the executor; do not change it after submitting. */
  payload?: Payload;
  /** Cost, 1 unless given; in pools that count several resources, of each: `{ cpu: 2, gpu_vram: 4096 }`. */
  units?: number | Readonly<Record<string, number>>;
  priority?: Priority;
  /** The task must start by then, or it expires. */
  deadline?: MomentLike;
  /** Longest run of one attempt. */
  timeout?: DurationLike;
  startAfter?: MomentLike;
  /** Expected run time. */
  estimate?: DurationLike;
  /** Where the outcome is delivered. */
  mailbox?: MailboxKey;
  taskId?: string;
  tenant?: string;
  retry?: RetrySpec;
  maxLost?: number;
  onDisconnect?: OnDisconnect;
  dedup?: Dedup;
  kind?: ResourceKind;
}

/** The same with the names of job files and of the HTTP interface. */
export interface LongTaskSpec {
  task_id?: string;
  start_after?: MomentLike;
  mailbox_key?: LongMailboxKey;
  mailboxKey?: LongMailboxKey;
  resource_cost?: { kind?: ResourceKind; units: number } | Readonly<Record<string, number>>;
  resourceCost?: { kind?: ResourceKind; units: number } | Readonly<Record<string, number>>;
  max_lost?: number;
  on_disconnect?: OnDisconnect;
}

/** Options of `pool.run`. */
export interface RunOptions {
  units?: number | Readonly<Record<string, number>>;
  priority?: Priority;
  deadline?: MomentLike;
  timeout?: DurationLike;
  startAfter?: MomentLike;
  estimate?: DurationLike;
  tenant?: string;
  retry?: RetrySpec;
  signal?: AbortSignal;
  /** Called with what the function gives to `progress`. */
  onProgress?: (value: unknown) => void;
}
