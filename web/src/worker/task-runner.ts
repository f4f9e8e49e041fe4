/** What a handler learns about its task, and what it can say while it runs. */
export interface TaskContext<Progress = unknown> {
  readonly taskId: string;
  /** From 1; a repeated run has the next number. */
  readonly attempt: number;
  /** What the task takes of its pool's capacity. */
  readonly units: number;
  /**
   * Aborted when the run is no longer wanted: cancelled, timed out, or its lot closes. A handler that goes on is
   * ended by force, with its whole worker, when the pool's `kill_grace_secs` are over.
   */
  readonly signal: AbortSignal;
  /** Sent to whoever follows `task.progress()`; not recorded. Throws if the value cannot be cloned. */
  progress(value: Progress): void;
  /** What the run really uses, in units, where that differs from what it asked for. */
  reportUsage(units: number): void;
}

export type TaskHandler<Payload = never, Result = unknown, Progress = unknown> = (
  payload: Payload,
  context: TaskContext<Progress>,
) => Result | PromiseLike<Result>;

/** A handler whose types have been checked where it was registered. */
export type AnyTaskHandler = (payload: unknown, context: TaskContext) => unknown;

/** One run as its realm sees it. */
export interface RunOrder {
  readonly id: number;
  readonly taskId: string;
  readonly attempt: number;
  readonly units: number;
  readonly payload: unknown;
}

/** Exactly one of `finished` and `failed` is called per run. `finished` and `progress` may throw if a value cannot leave. */
export interface RunReports {
  running(run: number): void;
  progress(run: number, value: unknown): void;
  usage(run: number, units: number): void;
  finished(run: number, result: unknown): void;
  failed(run: number, error: unknown): void;
}

/**
 * Runs a handler for the tasks of one realm, be it a worker of its own or the realm of the lot.
 *
 * Invariant: a run ends in exactly one report, unless its realm ends before; after it nothing more is reported of it.
 */
export class TaskRunner {
  private readonly runs = new Map<number, AbortController>();

  constructor(
    private readonly handler: AnyTaskHandler,
    private readonly reports: RunReports,
  ) {}

  /** How many runs have not ended. */
  get running(): number {
    return this.runs.size;
  }

  start(order: RunOrder): void {
    const controller = new AbortController();
    this.runs.set(order.id, controller);
    this.reports.running(order.id);
    void this.settle(order, controller);
  }

  /** Aborts the run's signal; the run ends when its handler does. Unknown and ended runs are ignored. */
  stop(run: number, reason: string): void {
    this.runs.get(run)?.abort(abortError(reason));
  }

  /** Ids of runs are used again: whether this one goes on is told by what it alone has. */
  private goesOn(order: RunOrder, own: AbortController): boolean {
    return this.runs.get(order.id) === own;
  }

  private async settle(order: RunOrder, own: AbortController): Promise<void> {
    try {
      const result = await this.handler(order.payload, this.contextOf(order, own));
      this.finish(order, result);
    } catch (error) {
      if (this.runs.delete(order.id)) this.reports.failed(order.id, error);
    }
  }

  private finish(order: RunOrder, result: unknown): void {
    try {
      this.reports.finished(order.id, result);
    } catch (error) {
      throw new TypeError(`the result of task ${order.taskId} cannot leave its worker: ${messageOf(error)}`);
    }
    this.runs.delete(order.id);
  }

  private contextOf(order: RunOrder, own: AbortController): TaskContext {
    return {
      taskId: order.taskId,
      attempt: order.attempt,
      units: order.units,
      signal: own.signal,
      progress: (value) => {
        if (this.goesOn(order, own)) this.reports.progress(order.id, value);
      },
      reportUsage: (units) => {
        if (!Number.isSafeInteger(units) || units < 0) {
          throw new RangeError(
            `reportUsage takes a whole number of units that is not negative, not ${String(units)}`,
          );
        }
        if (this.goesOn(order, own)) this.reports.usage(order.id, units);
      },
    };
  }
}

function abortError(reason: string): Error {
  const error = new Error(`the task was stopped: ${reason}`);
  error.name = 'AbortError';
  return error;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
