import type { Reason, Refusal } from './codes.js';
import type { GarageRefusal } from './garage/codes.js';

/**
 * What can go wrong, as one closed union: the core's refusals, the reasons why a task ended without a result, and
 * what only a host can say.
 *
 * - `expired`: the task did not start by its deadline, or ran longer than its timeout (`reason` tells which).
 * - `closed`: the lot was closed. `internal_error`: the core stopped on a broken invariant; a bug of this package.
 * - `invalid_config`, `unavailable`: the config is wrong, or asks for what this build does not have.
 * - `invalid_argument`: an argument that is not part of a task is malformed; the message names it.
 */
export type ErrorCode =
  | Refusal
  | GarageRefusal
  | Exclude<Reason, 'none' | 'retry' | 'deadline' | 'timed_out'>
  | 'expired'
  | 'closed'
  | 'internal_error'
  | 'invalid_config'
  | 'unavailable'
  | 'invalid_argument';

export interface ErrorFacts {
  /** The field or argument that is to blame. */
  field?: string | undefined;
  /** With `queue_full`: when a place is likely to be free. */
  retryAfterMs?: number | undefined;
  reason?: Reason | undefined;
  taskId?: string | undefined;
  /** With `payment_required`: what is still to be paid, in minor units. */
  due?: number | undefined;
  /** With `invalid_config` and `unavailable`: everything that is wrong, at once. */
  issues?: readonly ConfigIssue[] | undefined;
  cause?: unknown;
}

/** One thing that is wrong or doubtful in a config. */
export interface ConfigIssue {
  severity: 'error' | 'warning';
  /** `pools.llm.max_units` */
  path: string;
  message: string;
}

/** The only error that this package makes up by itself. A task's own error is passed on as it is. */
export class ParkingLotError extends Error {
  override readonly name = 'ParkingLotError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly reason: Reason | undefined;
  readonly taskId: string | undefined;
  /** Of a garage, with `payment_required`: what is still to be paid, in minor units. */
  readonly due: number | undefined;
  readonly issues: readonly ConfigIssue[];

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.field = facts.field;
    this.retryAfterMs = facts.retryAfterMs;
    this.reason = facts.reason;
    this.taskId = facts.taskId;
    this.due = facts.due;
    this.issues = facts.issues ?? [];
  }
}

/** Throws `invalid_config` with all that is wrong, if anything is. */
export function refuseIssues(issues: readonly ConfigIssue[]): void {
  const errors = issues.filter((issue) => issue.severity === 'error');
  if (errors.length === 0) return;
  throw new ParkingLotError('invalid_config', `The config cannot be used: ${listed(errors)}`, {
    issues: errors,
  });
}

export function listed(issues: readonly ConfigIssue[]): string {
  return issues.map(({ path, message }) => (path === '' ? `it ${message}` : `${path}: ${message}`)).join(' ');
}

/** `field: must be ..., got ...`, the form of all complaints about arguments. */
export function invalid(
  code: 'invalid_task' | 'invalid_deadline' | 'invalid_argument' | 'invalid_cursor',
  field: string,
  must: string,
  got: unknown,
) {
  return new ParkingLotError(code, `${field}: ${must}, got ${spell(got)}`, { field });
}

/** A short spelling of any value for an error message. */
export function spell(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 40
      ? `${JSON.stringify(value.slice(0, 40))}… (${value.length} characters)`
      : JSON.stringify(value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
