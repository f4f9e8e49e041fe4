/**
 * The closed vocabularies, in the order of their numbers in the core. A test compares them with the core's own list.
 * A hole stands where the core skips a number.
 */

export const priorities = ['low', 'normal', 'high', 'critical'] as const;
export const resourceKinds = ['cpu', 'gpu_vram', 'io', 'mixed'] as const;
export const statuses = [
  'submitted',
  'queued',
  'running',
  'completed',
  'failed',
  'expired',
  'dropped',
  'rejected',
] as const;
export const refusals = [
  'queue_full',
  'pool_disabled',
  'cost_exceeds_capacity',
  'deadline_passed',
  'invalid_deadline',
  'invalid_task',
  'duplicate_task',
  'unknown_pool',
  'unknown_task',
  'busy',
  'storage_unavailable',
  'unconfirmed',
  'wrong_state',
  'invalid_cursor',
] as const;
/** The core numbers refusals from 1. */
export const firstRefusal = 1;
export const reasons = [
  'none',
  'cancelled',
  'replaced',
  'deadline',
  'timed_out',
  'lost',
  'realm_gone',
  'payload_unreadable',
  'task_failed',
  'executor_failed',
  'client_gone',
  'payload_dropped',
  'output_too_large',
  'shut_down',
  'retry',
] as const;
export const poolStates = ['active', 'paused', 'draining', 'disabled'] as const;
export const streamStates = ['loading', 'open', 'failed'] as const;
export const actions = [
  'submit',
  'enqueue',
  'start',
  'complete',
  'fail',
  'expire',
  'reject',
  'drop',
  'retry',
  'lost',
  'usage',
  'deliver',
  'configure',
  'release',
  'prioritize',
  'open',
] as const;
export const subjectKinds = ['task', 'tenant', 'pool', 'mailbox'] as const;
export const policies = ['first_fit', 'strict', 'backfill'] as const;
export const dedups = ['join', 'reject', 'replace'] as const;
export const onDisconnects = ['keep', 'cancel'] as const;
export const waits = [
  'nothing',
  'capacity',
  'no_executor',
  'executor_busy',
  'guard',
  'head',
  'paused',
  'start_after',
  'backoff',
  'capacity_shrunk',
  'over_use',
  'storage',
  'tenant_limit',
] as const;

export type Priority = (typeof priorities)[number];
export type ResourceKind = (typeof resourceKinds)[number];
export type Status = (typeof statuses)[number];
export type FinalStatus = 'completed' | 'failed' | 'expired' | 'dropped';
export type Refusal = (typeof refusals)[number];
export type Reason = (typeof reasons)[number];
export type PoolState = (typeof poolStates)[number];
export type StreamState = (typeof streamStates)[number];
export type Action = (typeof actions)[number];
export type SubjectKind = (typeof subjectKinds)[number];
export type Policy = (typeof policies)[number];
export type Dedup = (typeof dedups)[number];
export type OnDisconnect = (typeof onDisconnects)[number];
export type Wait = (typeof waits)[number];
