import { type FinalStatus, type Reason, reasons, statuses } from './codes.js';
import { type ErrorCode, ParkingLotError } from './errors.js';
import { unreadable } from './results.js';

/** How a task ended. Exactly one per task. */
export interface Outcome<Result = unknown> {
  readonly taskId: string;
  readonly pool: string;
  readonly status: FinalStatus;
  /** Why it is not simply `completed`. */
  readonly reason?: Reason;
  /** What the task returned; absent unless `completed`. */
  readonly result?: Result;
  /** What the task threw, or what its executor reported; absent unless `failed`. */
  readonly error?: unknown;
  /** Of a task whose stored result or error is lost, by damage to its store: neither is here. */
  readonly resultError?: 'payload_unreadable';
  /** The last attempt, from 1; 0: it never started. */
  readonly attempt: number;
  readonly finishedAt: Date;
}

/** The words of an end as they come out of the core. */
export interface EndWords {
  status: number;
  reason: number;
  attempt: number;
  atMs: number;
  /** The stored result or error, if there is one; `unreadable` if it is lost. */
  stored: unknown;
}

export function outcomeOf<Result>(taskId: string, pool: string, end: EndWords): Outcome<Result> {
  const status = statuses[end.status] as FinalStatus;
  const outcome: { -readonly [K in keyof Outcome<Result>]: Outcome<Result>[K] } = {
    taskId,
    pool,
    status,
    attempt: end.attempt,
    finishedAt: new Date(end.atMs),
  };
  if (end.reason !== 0) outcome.reason = reasons[end.reason]!;
  Object.assign(outcome, resultIn(status, end.stored));
  return outcome;
}

/** The part of an outcome that tells what the task gave. */
export function resultIn<Result>(
  status: FinalStatus,
  stored: unknown,
): Pick<Outcome<Result>, 'result' | 'error' | 'resultError'> {
  if (stored === unreadable) return { resultError: 'payload_unreadable' };
  if (status === 'completed') return { result: stored as Result };
  return stored === undefined ? {} : { error: stored };
}

const sentences: Partial<Record<Reason, string>> = {
  cancelled: 'The task was cancelled.',
  replaced: 'Another task with the same id took its place.',
  deadline: 'The task had not started when its deadline passed.',
  timed_out: 'The task ran longer than its timeout and was stopped.',
  lost: 'The worker that ran the task was lost, and the task may not be repeated (max_lost).',
  realm_gone: 'The page or process that alone could run the task is gone.',
  payload_unreadable: 'The payload of the task could not be read.',
  executor_failed: 'The executor could not run the task.',
  client_gone: 'The connection that submitted the task is gone.',
  output_too_large: 'The result is larger than max_output_bytes.',
  shut_down: 'The lot was closed.',
};

/** The error for a task that has no result to give: its own if it threw one, else one with a code. */
export function errorOf(outcome: Outcome): unknown {
  const { status, reason, error, taskId } = outcome;
  if (status === 'completed') {
    const lost = 'The task completed, and its stored result is lost: the store is damaged.';
    return new ParkingLotError('payload_unreadable', lost, { taskId });
  }
  if (status === 'failed' && reason === 'task_failed' && error !== undefined) return error;
  const code: ErrorCode = status === 'expired' ? 'expired' : ((reason ?? 'task_failed') as ErrorCode);
  const sentence = (reason && sentences[reason]) ?? `The task ended as ${status}.`;
  const detail = error instanceof Error ? ` ${error.message}` : '';
  return new ParkingLotError(code, sentence + detail, { reason, taskId, cause: error });
}
