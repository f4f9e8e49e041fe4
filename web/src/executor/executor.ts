/**
 * What runs the tasks of one pool: an inline handler, a set of web workers, a connected page.
 *
 * The host orders (`start`, `stop`), the executor reports (`ExecutorEvents`). Reports may come synchronously
 * from inside an order. Every started run is reported exactly once as ended, by `finished` or by `failed`,
 * also when the executor breaks; reports about a run that has already been reported as ended are ignored.
 */

/** One run of one task. The object's identity is the run's identity. */
export interface Run {
  /** Chosen by the host, unique among the runs that have not been reported as ended. */
  readonly id: number;
  readonly taskId: string;
  readonly pool: string;
  /** From 1; grows with every retry and after every lost run. */
  readonly attempt: number;
  readonly units: number;
  readonly payload: unknown;
}

/**
 * Why a run ended without a result. `task_failed`: the task's own doing, counts as an attempt. `lost`: its
 * worker died or went silent. `executor_failed`: the executor could not run it at all. The last two are
 * repeated, up to the task's `max_lost`.
 */
export type RunFailure = 'task_failed' | 'lost' | 'executor_failed';

/** What an executor tells its host. All calls are cheap; the host acts on them in its next microtask. */
export interface ExecutorEvents {
  /**
   * The number of further runs that the executor takes from now on; replaces the number said before. Nothing
   * starts before the first call. `Infinity`: no limit of its own. Each `finished` and each `failed` gives one
   * place back by itself: call again only when the number changes for another reason.
   */
  credits(n: number): void;
  /** The task's own code has begun: its timeout starts now. */
  running(run: Run): void;
  /** The run is still alive. At least every `heartbeatMs` for each run, or the run is given up as lost. */
  heartbeat(run: Run): void;
  /** A piece of progress for whoever listens to the task. */
  progress(run: Run, value: unknown): void;
  /** What the run really uses: a whole number from 0 to 2^53 - 1. */
  usage(run: Run, units: number): void;
  finished(run: Run, result: unknown): void;
  /** `unitsFreed`: false when the run may still hold its memory or device; its units are then quarantined. */
  failed(run: Run, error: unknown, reason: RunFailure, unitsFreed: boolean): void;
}

export interface Executor {
  /** Begins the run. Never throws: what goes wrong is reported as `failed`. */
  start(run: Run): void;
  /**
   * The run's outcome is fixed or it is no longer wanted: end it, within `killGraceMs` by force where the
   * executor can, and report `finished` or `failed` when it has ended. `reason` is one of the core's reasons
   * (`cancelled`, `timed_out`, `lost`, `shut_down`, ...).
   */
  stop(run: Run, reason: string): void;
  /** Ends all runs by force and frees everything. Resolves when nothing is left; never rejects. Reports are ignored. */
  close(): Promise<void>;
}

export interface ExecutorOptions {
  readonly pool: string;
  /** The pool's capacity, for a sensible default of how many places to offer. */
  readonly maxUnits: number;
  /** Runs that it may have at once (`worker_count`); undefined: as many as it likes. */
  readonly runsMax?: number | undefined;
  /** How often each run must report a heartbeat. */
  readonly heartbeatMs: number;
  /** How long a stopped run may take to end by itself before it is ended by force. */
  readonly killGraceMs: number;
  /** Timers of the host's clock, so that a manual clock drives the executor as well. */
  readonly clock: ExecutorClock;
}

/** Timers as an executor needs them. */
export interface ExecutorClock {
  /** Calls `callback` once after `delayMs`; the answer cancels it. Never keeps a process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

export type ExecutorFactory = (events: ExecutorEvents, options: ExecutorOptions) => Executor;
