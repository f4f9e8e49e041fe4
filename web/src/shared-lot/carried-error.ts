import type { Reason } from '../codes.js';
import { type ConfigIssue, type ErrorCode, ParkingLotError } from '../errors.js';
import { type ErrorReport, reportError, reviveError } from '../worker/protocol.js';

/** An error on its way to another realm: structured clone keeps of an error only its name and message. */
export interface CarriedError extends ErrorReport {
  /** Of a ParkingLotError. */
  readonly code?: ErrorCode;
  readonly field?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly reason?: Reason | undefined;
  readonly taskId?: string | undefined;
  readonly due?: number | undefined;
  readonly issues?: readonly ConfigIssue[];
}

export function carryError(thrown: unknown): CarriedError {
  const report = reportError(thrown);
  if (!(thrown instanceof ParkingLotError)) return report;
  const { code, field, retryAfterMs, reason, taskId, due, issues } = thrown;
  return { ...report, code, field, retryAfterMs, reason, taskId, due, issues };
}

export function arrivedError(error: CarriedError): Error {
  if (error.code === undefined) return reviveError(error);
  const { code, message, field, retryAfterMs, reason, taskId, due, issues } = error;
  return new ParkingLotError(code, message, { field, retryAfterMs, reason, taskId, due, issues });
}
