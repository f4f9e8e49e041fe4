import type { ParkingLotError } from '../errors.js';
import type { PageMessage } from '../executor/delegate/protocol.js';
import type { Run } from '../executor/executor.js';
import { errorOf, type Outcome } from '../outcome.js';
import { abortReason, type RunFunction, type TaskContext } from '../realm-run.js';
import { checkUnits } from '../task-spec.js';
import { reportError } from '../worker/protocol.js';
import { keyOf, type TaskRef } from './protocol.js';
import type { SharedTasks, Waiting } from './shared-tasks.js';

/** Passes a report about a run on to the leader. */
type Report = (message: PageMessage) => void;

/** One run of the function. */
class PinnedRun implements TaskContext {
  private readonly controller = new AbortController();

  constructor(
    private readonly call: PinnedCall,
    readonly attempt: number,
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  readonly progress = (value: unknown): void => this.call.report(value);
  readonly reportUsage = (units: number): void => this.call.used(checkUnits('units', units));

  stop(reason: string): void {
    this.controller.abort(abortReason(reason));
  }
}

/**
 * A call of `pool.run` in a realm that need not lead: the leader says when the function may run, and how the task ended if
 * not by its success. The function goes on when the leader changes; a leader that wants it to start finds it under way.
 */
export class PinnedCall implements Waiting {
  private run: PinnedRun | undefined;
  /** The leader's number of the run that is under way; undefined: it has not heard of it. */
  private number: number | undefined;
  private ending: ((number: number) => PageMessage) | undefined;
  /** The leader of this reign has heard of the ending. */
  private isTold = false;
  /** No leader will say how it ended: it ends as its function does. */
  private isAbandoned = false;
  /** What the function threw here. */
  private thrown: { readonly error: unknown } | undefined;

  constructor(
    readonly pool: string,
    readonly id: string,
    private readonly fn: RunFunction<unknown>,
    private readonly calls: PinnedCalls,
    private resolve: ((value: unknown) => void) | undefined,
    private readonly onProgress: ((value: unknown) => void) | undefined,
  ) {}

  get isRunning(): boolean {
    return this.run !== undefined;
  }

  get isSettled(): boolean {
    return this.resolve === undefined;
  }

  begin({ id, attempt }: Run): void {
    this.number = id;
    const { ending } = this;
    if (this.run) return this.calls.tell({ parkingLot: 'running', run: id });
    if (ending && (!this.isTold || this.isSettled)) return this.endWith(ending);
    const run = new PinnedRun(this, attempt);
    this.run = run;
    this.calls.tell({ parkingLot: 'running', run: id });
    this.execute(run).then(
      (value) => this.finished(value),
      (error: unknown) => this.threw(error),
    );
  }

  stop(reason: string): void {
    this.run?.stop(reason);
  }

  disown(): void {
    this.number = undefined;
    this.isTold = false;
  }

  used(units: number): void {
    if (this.number !== undefined && this.run) {
      this.calls.tell({ parkingLot: 'usage', run: this.number, units });
    }
  }

  report(value: unknown): void {
    if (!this.isSettled) this.onProgress?.(value);
  }

  settle(outcome: Outcome): void {
    this.calls.forget(this);
    if (outcome.status === 'completed') return;
    const hasThrown = outcome.reason === 'task_failed' && this.thrown !== undefined;
    this.fail(hasThrown ? this.thrown?.error : errorOf(outcome));
  }

  abandon(error: ParkingLotError): void {
    this.isAbandoned = true;
    // A function that runs goes on, and its caller gets what it returns.
    if (this.run && error.code !== 'closed') return;
    this.run?.stop('shut_down');
    this.calls.forget(this);
    this.fail(error);
  }

  /** It was not admitted. */
  refused(error: unknown): void {
    this.calls.forget(this);
    this.fail(error);
  }

  /** Its caller wants no result any more; the leader says when the function is to stop. */
  cancelled(error: ParkingLotError): void {
    this.fail(error);
  }

  private async execute(run: PinnedRun): Promise<unknown> {
    return this.fn(run);
  }

  private finished(value: unknown): void {
    this.run = undefined;
    this.answer(value);
    this.endWith((run) => ({ parkingLot: 'finished', run, result: undefined }));
  }

  private threw(thrown: unknown): void {
    this.run = undefined;
    this.thrown = { error: thrown };
    if (this.isAbandoned) this.fail(thrown);
    const error = reportError(thrown);
    this.endWith((run) => ({
      parkingLot: 'failed',
      run,
      error,
      reason: 'task_failed',
      unitsFreed: true,
    }));
  }

  /** Told to the leader when it knows the run; one that never will is told that the units are free. */
  private endWith(ending: (number: number) => PageMessage): void {
    this.ending = ending;
    if (this.number === undefined) this.calls.unclaim(this);
    else this.calls.tell(ending(this.number));
    this.isTold = this.number !== undefined;
    this.number = undefined;
    if (this.isAbandoned) this.calls.forget(this);
  }

  private answer(value: unknown): void {
    const { resolve } = this;
    this.resolve = undefined;
    resolve?.(value);
  }

  private fail(error: unknown): void {
    // A rejection that nobody receives would count as unhandled.
    if (!this.isSettled) this.answer(Promise.reject(error));
  }
}

/** The functions of this realm that wait for units, use them, or wait for the record of their end. */
export class PinnedCalls {
  private readonly calls = new Map<string, PinnedCall>();
  private readonly running = new Map<number, PinnedCall>();

  constructor(
    private readonly tasks: SharedTasks,
    readonly tell: Report,
    private readonly free: (task: TaskRef) => void,
  ) {}

  add(call: PinnedCall): void {
    this.calls.set(keyOf({ pool: call.pool, taskId: call.id }), call);
  }

  has(run: TaskRef): boolean {
    return this.calls.has(keyOf(run));
  }

  start(run: Run): void {
    const call = this.calls.get(keyOf(run))!;
    this.running.set(run.id, call);
    call.begin(run);
  }

  /** False if it is no run of a function. */
  stop(number: number, reason: string): boolean {
    const call = this.running.get(number);
    call?.stop(reason);
    return call !== undefined;
  }

  /** A new leader: what it must know, since their units are not free. */
  claims(): TaskRef[] {
    this.running.clear();
    for (const call of this.calls.values()) call.disown();
    const running = [...this.calls.values()].filter((call) => call.isRunning);
    return running.map(({ pool, id }) => ({ pool, taskId: id }));
  }

  unclaim({ pool, id }: PinnedCall): void {
    this.free({ pool, taskId: id });
  }

  forget(call: PinnedCall): void {
    this.tasks.forget(call);
    this.calls.delete(keyOf({ pool: call.pool, taskId: call.id }));
  }
}
