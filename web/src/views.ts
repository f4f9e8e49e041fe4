import type { FinalStatus, Priority, Reason, ResourceKind, Status, Wait } from './codes.js';
import type { MailboxKey } from './config.js';
import type { Host } from './host.js';
import { type Outcome, resultIn } from './outcome.js';
import type { RawResult } from './results.js';

/** A number; of a pool that counts several resources one of each, as in its config. */
export type Units = number | Readonly<Record<string, number>>;

/** What is known of one task. */
export interface TaskView<Result = unknown> {
  readonly taskId: string;
  readonly pool: string;
  readonly tenant: string;
  readonly mailbox?: MailboxKey;
  readonly status: Status;
  readonly reason?: Reason;
  readonly priority: Priority;
  readonly kind: ResourceKind;
  /** Its cost; where the pool counts several resources, of each. */
  readonly units: Units;
  /** As reported by the run; `units` without a report. */
  readonly unitsUsed: Units;
  /** Of the current or last run, from 1; 0: never started. */
  readonly attempt: number;
  /** Runs that ended through a lost worker. */
  readonly lost: number;
  /** Its place in the order of admission, and a cursor for `tasks({ after })`. */
  readonly admission: number;
  readonly submittedAt: Date;
  /** Of a task that waits for `startAfter` or a retry. */
  readonly readyAt?: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  readonly deadline?: Date;
  /** How it ended, once it has. */
  readonly outcome?: Outcome<Result>;
}

/** Why a task waits. */
export interface Explanation extends TaskView {
  readonly waitsFor: Wait;
  /** The task that holds it up, where one does. */
  readonly behind?: string;
  /** Parked tasks that leave before it, plus one; 0: it is not parked. */
  readonly position: number;
  /** What the parked tasks cost that leave before it. */
  readonly unitsAhead: Units;
  readonly unitsFree: Units;
  /** When it is expected to start, if runs end as estimated and nobody comes who leaves before it; absent: unknown. */
  readonly expectedAt?: Date;
  /** When it expires if it has not started. */
  readonly expiresAt?: Date;
}

export interface TaskPage<Result = unknown> {
  readonly tasks: readonly TaskView<Result>[];
  /** Pass as `after` for the next page; absent: this was the last one. */
  readonly next?: number;
}

/** A view as the core writes it; results are places in the table of results. */
export interface RawView {
  task_id: string;
  pool: string;
  tenant: string;
  mailbox_key?: { tenant: string; user_id?: string; session_id?: string };
  status: Status;
  reason?: Reason;
  priority: Priority;
  resource_cost: { kind: ResourceKind; units: number } | Record<string, number>;
  units_used: Units;
  attempt: number;
  lost: number;
  admission: number;
  submitted_at: string;
  ready_at?: string;
  started_at?: string;
  finished_at?: string;
  deadline?: string;
  result?: RawResult;
  waits_for?: Wait;
  behind?: string;
  position?: number;
  units_ahead?: Units;
  units_free?: Units;
  expected_at?: string;
  expires_at?: string;
}

const finals: readonly Status[] = ['completed', 'failed', 'expired', 'dropped'];

export function viewOf<Result>(raw: RawView, host: Host): TaskView<Result> {
  const { mailbox_key: key } = raw;
  return {
    taskId: raw.task_id,
    pool: raw.pool,
    tenant: raw.tenant,
    ...(key && { mailbox: mailboxOf(key) }),
    status: raw.status,
    ...(raw.reason && { reason: raw.reason }),
    priority: raw.priority,
    ...costIn(raw.resource_cost),
    unitsUsed: raw.units_used,
    attempt: raw.attempt,
    lost: raw.lost,
    admission: raw.admission,
    submittedAt: new Date(raw.submitted_at),
    ...dated('readyAt', raw.ready_at),
    ...dated('startedAt', raw.started_at),
    ...dated('finishedAt', raw.finished_at),
    ...dated('deadline', raw.deadline),
    ...(finals.includes(raw.status) && { outcome: outcomeIn<Result>(raw, host) }),
  };
}

function costIn(cost: RawView['resource_cost']): Pick<TaskView, 'kind' | 'units'> {
  if (typeof cost.kind === 'string') return { kind: cost.kind as ResourceKind, units: cost.units as number };
  return { kind: 'mixed', units: cost as Record<string, number> };
}

export function explanationOf(raw: RawView, host: Host): Explanation {
  return {
    ...viewOf(raw, host),
    waitsFor: raw.waits_for ?? 'nothing',
    ...(raw.behind !== undefined && { behind: raw.behind }),
    position: raw.position ?? 0,
    unitsAhead: raw.units_ahead ?? 0,
    unitsFree: raw.units_free ?? 0,
    ...dated('expectedAt', raw.expected_at),
    ...dated('expiresAt', raw.expires_at),
  };
}

function outcomeIn<Result>(raw: RawView, host: Host): Outcome<Result> {
  const stored = host.results.of(raw.result, raw.status === 'completed' ? 'result' : 'failure');
  return {
    taskId: raw.task_id,
    pool: raw.pool,
    status: raw.status as FinalStatus,
    ...(raw.reason && { reason: raw.reason }),
    ...resultIn<Result>(raw.status as FinalStatus, stored),
    attempt: raw.attempt,
    finishedAt: new Date(raw.finished_at ?? 0),
  };
}

function mailboxOf(key: NonNullable<RawView['mailbox_key']>): MailboxKey {
  return {
    tenant: key.tenant,
    ...(key.user_id !== undefined && { user: key.user_id }),
    ...(key.session_id !== undefined && { session: key.session_id }),
  };
}

function dated<Name extends string>(name: Name, text: string | undefined): { [K in Name]?: Date } {
  return (text === undefined ? {} : { [name]: new Date(text) }) as { [K in Name]?: Date };
}
