import { ParkingLotError } from './errors.js';
import type { Host } from './host.js';
import { type EndWords, errorOf, outcomeOf } from './outcome.js';
import type { Submission } from './submission.js';
import { checkUnits } from './task-spec.js';

/** What a function given to `pool.run`, or an inline handler, is called with. Its parts may be taken out of it. */
export interface TaskContext {
  /** Aborted when the task is cancelled, runs into its timeout, or the lot is closed. */
  readonly signal: AbortSignal;
  /** From 1; grows with every retry and after every lost run. */
  readonly attempt: number;
  /** Tells the task's listeners how far it is. Never recorded. */
  readonly progress: (value: unknown) => void;
  /** Says what the run really uses, in units. */
  readonly reportUsage: (units: number) => void;
}

export type RunFunction<T> = (context: TaskContext) => T | PromiseLike<T>;

/** What few runs need. */
interface Rare {
  lastError: unknown;
  /** The core is told when the function begins, because a timeout counts from there. */
  isTimed: boolean;
  onProgress?: (value: unknown) => void;
  stopListening?: () => void;
}

/**
 * A call of `pool.run`: its function runs in this realm when the core lets it. Small, because a hundred thousand may wait:
 * it rejects by resolving with a rejected promise, so that only one function per promise is kept.
 */
export class RunSubmission implements Submission {
  /** Number of the run that is under way; a run with another number is not wanted any more. */
  run = -1;
  private kept: Rare | undefined;

  constructor(
    readonly payload: RunFunction<unknown>,
    /** Gone once the promise is settled. */
    private resolve: ((value: unknown) => void) | undefined,
  ) {}

  get settled(): boolean {
    return this.resolve === undefined;
  }

  get isTimed(): boolean {
    return this.kept?.isTimed === true;
  }

  get rare(): Rare {
    this.kept ??= { lastError: undefined, isTimed: false };
    return this.kept;
  }

  admitted(): void {
    // Its caller waits for the end only.
  }

  refused(error: ParkingLotError): void {
    this.fail(error);
  }

  ended(end: EndWords): void {
    // A completed one was settled by its own function.
    const outcome = outcomeOf('', '', { ...end, stored: this.kept?.lastError });
    // It may have thrown anything, even undefined.
    this.fail(outcome.reason === 'task_failed' ? this.kept?.lastError : errorOf(outcome));
  }

  abandoned(error: ParkingLotError): void {
    this.fail(error);
  }

  succeed(value: unknown): void {
    this.settle(value);
  }

  progressed(value: unknown): void {
    if (!this.settled) this.kept?.onProgress?.(value);
  }

  private fail(error: unknown): void {
    if (!this.settled) this.settle(Promise.reject(error));
  }

  private settle(value: unknown): void {
    const { resolve } = this;
    this.resolve = undefined;
    this.kept?.stopListening?.();
    resolve!(value);
  }
}

/** One run of a function in this realm. It is its function's context as well, so that a run costs one object. */
export class RealmRun implements TaskContext {
  private controller: AbortController | undefined;
  private stopped: string | undefined;

  constructor(
    private readonly host: Host,
    private readonly submission: RunSubmission,
    readonly id: number,
    readonly attempt: number,
  ) {}

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.stopped !== undefined) this.controller.abort(abortReason(this.stopped));
    return this.controller.signal;
  }

  get progress(): (value: unknown) => void {
    return (value) => this.submission.progressed(value);
  }

  get reportUsage(): (units: number) => void {
    return (units) => this.host.realmUsage(this, checkUnits('units', units));
  }

  /** `reports` tells it of its end, since that costs less than two functions for each run. */
  begin(reports: RunReports): void {
    let value: unknown;
    try {
      value = this.submission.payload(this);
      if (value instanceof Promise || isThenable(value)) {
        reports.run = this;
        // Whatever it is, a promise made of it reports once.
        const promise = value instanceof Promise ? value : Promise.resolve(value);
        then.call(promise, reports.returned, reports.threw);
        return;
      }
    } catch (error) {
      return this.threw(error);
    }
    this.returned(value);
  }

  stop(reason: string): void {
    this.stopped = reason;
    this.controller?.abort(abortReason(reason));
  }

  returned(value: unknown): void {
    if (!this.host.realmFinished(this)) return;
    const { submission } = this;
    if (submission.settled || submission.run !== this.id) return;
    this.host.settledOne();
    submission.succeed(value);
  }

  threw(error: unknown): void {
    if (this.submission.run === this.id) this.submission.rare.lastError = error;
    this.host.realmFailed(this);
  }
}

/** A promise's own, which calls exactly one of its two functions, and that once. */
const { then } = Promise.prototype;

/** What the promises of the runs with one number call, one run after the other. */
export class RunReports {
  run: RealmRun | undefined;
  readonly returned = (value: unknown): void => this.run!.returned(value);
  readonly threw = (error: unknown): void => this.run!.threw(error);
}

/** What an aborted signal says of why. */
export function abortReason(reason: string): ParkingLotError {
  if (reason === 'timed_out') {
    return new ParkingLotError('expired', 'The task ran longer than its timeout.', { reason });
  }
  const code = reason === 'shut_down' || reason === 'lost' ? reason : 'cancelled';
  return new ParkingLotError(code, `The run is to end: ${reason}.`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
