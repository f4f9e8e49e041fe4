// Projects on an older `lib` learn of AsyncDisposable from here.
/// <reference lib="esnext.disposable" preserve="true" />

export type { AuditEvent, AuditPage, AuditQuery, Erasure } from './audit.js';
export type { Clock, Timer } from './clock.js';
export { type AuditedEvent, type CloudEvent, cloudEvent } from './cloud-event.js';
export type {
  Action,
  Dedup,
  FinalStatus,
  OnDisconnect,
  Policy,
  PoolState,
  Priority,
  Reason,
  Refusal,
  ResourceKind,
  Status,
  StreamState,
  SubjectKind,
  Wait,
} from './codes.js';
export type {
  DurationLike,
  LongMailboxKey,
  LongTaskSpec,
  LotConfig,
  MailboxKey,
  MomentLike,
  PoolConfig,
  PoolSettings,
  RetryConfig,
  RetrySpec,
  RunOptions,
  StorageConfig,
  TaskSpec,
  TenantConfig,
} from './config.js';
export { pool } from './config.js';
export type { ConfigIssue, ErrorCode } from './errors.js';
export { ParkingLotError } from './errors.js';
export type {
  ConnectedPages,
  DelegatedWorkers,
  DelegationTarget,
} from './executor/delegate/index.js';
export {
  acceptPages,
  delegatedExecutor,
  serveDelegatedWorkers,
} from './executor/delegate/index.js';
export type {
  Executor,
  ExecutorClock,
  ExecutorEvents,
  ExecutorFactory,
  ExecutorOptions,
  Run,
  RunFailure,
} from './executor/executor.js';
export type { Handler } from './executor/inline.js';
export { inlineExecutor } from './executor/inline.js';
export type { WorkerPoolOptions, WorkerSource } from './executor/workers/worker-executor.js';
export { workerExecutor } from './executor/workers/worker-executor.js';
export type { Garage } from './garage/garage.js';
export type { GarageOptions, Garages } from './garage/index.js';
export type { GarageStorage } from './garage/storage.js';
export type * from './garage/types.js';
export type { GarageHealth, Health, OpenOptions, PoolHealth, StoreHealth } from './lot-home.js';
export type { FetchQuery, Mailbox, MailboxMessage } from './mailbox.js';
export type { Outcome } from './outcome.js';
export { ParkingLot } from './parking-lot.js';
export type { Pool } from './pool.js';
export type { PastStats, PoolMoment } from './pool-moment.js';
export type { PoolStats } from './pool-stats.js';
export type { RunFunction, TaskContext } from './realm-run.js';
export type { Durability } from './storage/fallback-disk.js';
export type { StorageModule } from './storage/index.js';
export type { Task } from './task.js';
export type { Explanation, TaskPage, TaskView, Units } from './views.js';
export type { WasmSource } from './wasm/load.js';
