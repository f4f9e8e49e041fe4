import { type Reason, reasons } from './codes.js';
import { ParkingLotError } from './errors.js';
import type {
  Executor,
  ExecutorEvents,
  ExecutorFactory,
  ExecutorOptions,
  Run,
  RunFailure,
} from './executor/executor.js';
import type { Host } from './host.js';
import type { Submission } from './submission.js';
import { endlessCredits } from './wasm/raw.js';

/** The number under which the core knows a pool's executor; the realm of `pool.run` has another. */
export const realmExecutor = 1;
export const poolExecutor = 2;

/** Under which number the core knows an executor, and which tasks it takes. */
export interface ExecutorPlace {
  readonly executor: number;
  /** Not 0: it takes only the tasks that are pinned to this realm. */
  readonly realm: number;
  /** certain: its realm's end is noticed, and until then its runs are alive. */
  readonly liveness: 'certain' | 'heartbeats';
}
const placeOfPool: ExecutorPlace = { executor: poolExecutor, realm: 0, liveness: 'heartbeats' };

/** A run given to an executor. Its id is spelled only if somebody asks. */
export class ExecutorRun implements Run {
  private spelled: string | undefined;

  constructor(
    readonly port: ExecutorPort,
    readonly submission: ExecutedSubmission,
    readonly id: number,
    readonly attempt: number,
    readonly units: number,
    private readonly slot: number,
    private readonly generation: number,
  ) {}

  get taskId(): string {
    this.spelled ??= this.port.host.core.taskId(this.slot, this.generation);
    return this.spelled;
  }

  get pool(): string {
    return this.port.options.pool;
  }

  get payload(): unknown {
    return this.submission.payload;
  }

  stop(reason: string): void {
    this.port.stop(this, reason);
  }
}

/** A submission whose runs go to an executor. */
export interface ExecutedSubmission extends Submission {
  progressed(value: unknown): void;
}

/** Carries orders from the host to one executor and its reports back. Reports of runs that are over change nothing. */
export class ExecutorPort implements ExecutorEvents {
  private readonly executor: Executor;
  private closed = false;

  constructor(
    readonly host: Host,
    private readonly poolIndex: number,
    factory: ExecutorFactory,
    readonly options: ExecutorOptions,
    private readonly place: ExecutorPlace = placeOfPool,
  ) {
    const executor = factory(this, options);
    for (const method of ['start', 'stop', 'close'] as const) {
      if (typeof executor?.[method] === 'function') continue;
      throw new TypeError(
        `executors.${options.pool} must return an executor with start, stop and close; ${method} is no function. Functions that run tasks belong into \`handlers\``,
      );
    }
    this.executor = executor;
  }

  /** One that breaks its word and throws fails its run; the others of the same turn go on. */
  start(run: ExecutorRun): void {
    try {
      this.executor.start(run);
    } catch (error) {
      this.failed(run, error, 'executor_failed', true);
    }
  }

  /** A run that cannot be told to stop ends with its grace. */
  stop(run: ExecutorRun, reason: string): void {
    try {
      this.executor.stop(run, reason);
    } catch (error) {
      console.error(`the executor of pool ${this.options.pool} could not stop task ${run.taskId}:`, error);
    }
  }

  close(): Promise<void> {
    this.closed = true;
    return this.executor.close();
  }

  /** It has ended, and its runs with it. */
  gone(): void {
    if (this.closed || this.host.isOver) return;
    this.closed = true;
    for (const run of this.host.runs) {
      if (run instanceof ExecutorRun && run.port === this) this.host.runs.remove(run.id);
    }
    this.host.core.raw._pl_executor_gone(this.poolIndex, this.place.executor, 1);
    this.host.schedule();
  }

  credits(n: number): void {
    if (this.closed) return;
    const credits = n >= endlessCredits ? endlessCredits : Math.max(0, Math.floor(n));
    const { executor, realm, liveness } = this.place;
    const heartbeats = liveness === 'heartbeats' ? 1 : 0;
    this.host.core.raw._pl_executor_ready(this.poolIndex, executor, realm, credits, heartbeats);
    this.host.schedule();
  }

  running(run: Run): void {
    if (!this.isOpen(run)) return;
    this.host.core.raw._pl_running(run.id);
    this.host.schedule();
  }

  heartbeat(run: Run): void {
    if (!this.isOpen(run)) return;
    this.host.core.raw._pl_heartbeat(run.id);
    this.host.schedule();
  }

  progress(run: Run, value: unknown): void {
    if (this.isOpen(run)) (run as ExecutorRun).submission.progressed(value);
  }

  usage(run: Run, units: number): void {
    if (!this.isOpen(run)) return;
    this.host.core.raw._pl_usage(run.id, units);
    this.host.schedule();
  }

  finished(run: Run, result: unknown): void {
    if (!this.isOpen(run)) return;
    this.host.runs.remove(run.id);
    let kept: number;
    try {
      kept = this.host.results.keep(this.poolIndex, result);
    } catch (error) {
      const isTooLarge = error instanceof ParkingLotError && error.code === 'output_too_large';
      return this.end(run, error, isTooLarge ? 'output_too_large' : 'task_failed', true);
    }
    this.host.core.raw._pl_finished(run.id, kept);
    this.host.schedule();
  }

  failed(run: Run, error: unknown, reason: RunFailure, unitsFreed: boolean): void {
    if (!this.isOpen(run)) return;
    this.host.runs.remove(run.id);
    this.end(run, error, reason, unitsFreed);
  }

  private end(run: Run, error: unknown, reason: Reason, unitsFreed: boolean): void {
    const kept = this.host.results.keepFailure(this.poolIndex, error);
    this.host.core.raw._pl_failed(run.id, reasons.indexOf(reason), kept, unitsFreed ? 1 : 0);
    this.host.schedule();
  }

  private isOpen(run: Run): boolean {
    return !this.closed && !this.host.isOver && this.host.runs.at(run.id) === run;
  }
}
