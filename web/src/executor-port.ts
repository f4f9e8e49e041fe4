import { reasons } from './codes.js';
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

const failureNumbers: Record<RunFailure, number> = {
  task_failed: reasons.indexOf('task_failed'),
  lost: reasons.indexOf('lost'),
  executor_failed: reasons.indexOf('executor_failed'),
};

/** A run given to an executor. Its id is spelled only if somebody asks. */
export class ExecutorRun implements Run {
  private spelled: string | undefined;

  constructor(
    private readonly port: ExecutorPort,
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
  ) {
    this.executor = factory(this, options);
  }

  start(run: ExecutorRun): void {
    this.executor.start(run);
  }

  stop(run: ExecutorRun, reason: string): void {
    this.executor.stop(run, reason);
  }

  close(): Promise<void> {
    this.closed = true;
    return this.executor.close();
  }

  credits(n: number): void {
    if (this.closed) return;
    const credits = n >= endlessCredits ? endlessCredits : Math.max(0, Math.floor(n));
    this.host.core.raw._pl_executor_ready(this.poolIndex, poolExecutor, 0, credits, 1);
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
    const stored = result === undefined ? 0 : this.host.results.add(result);
    this.host.core.raw._pl_finished(run.id, stored);
    this.host.schedule();
  }

  failed(run: Run, error: unknown, reason: RunFailure, unitsFreed: boolean): void {
    if (!this.isOpen(run)) return;
    this.host.runs.remove(run.id);
    const stored = error === undefined ? 0 : this.host.results.add(error);
    this.host.core.raw._pl_failed(run.id, failureNumbers[reason], stored, unitsFreed ? 1 : 0);
    this.host.schedule();
  }

  private isOpen(run: Run): boolean {
    return !this.closed && !this.host.isOver && this.host.runs.at(run.id) === run;
  }
}
