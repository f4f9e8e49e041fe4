import { invalid } from '../../errors.js';
import type { Executor, ExecutorEvents, ExecutorFactory, ExecutorOptions, Run } from '../executor.js';
import { PooledWorker, type WorkerEnd } from './pooled-worker.js';
import type { WorkerFactory } from './worker-link.js';

export interface WorkerPoolOptions {
  /** Most workers at a time; default: the hardware's threads, at most 4 and at most the pool's units. */
  readonly size?: number;
  /** Tasks that one worker runs at a time; default 1. More is for tasks that mostly wait. */
  readonly concurrency?: number;
  /** How long a worker may take from its creation to `serveTasks`; default 30 s. */
  readonly startupTimeoutMs?: number;
}

/** A factory alone, or with the measures of its pool. */
export type WorkerSource = WorkerFactory | (WorkerPoolOptions & { readonly create: WorkerFactory });

const backoffFirstMs = 250;
const backoffLongestMs = 30_000;

/** Runs the tasks of a pool in workers which `source` makes; `field` names it in errors. */
export function workerExecutor(source: WorkerSource, field: string): ExecutorFactory {
  const given = typeof source === 'function' ? { create: source } : source;
  if (typeof given?.create !== 'function') {
    const must = 'must be a function that returns a new Worker, or { create, size?, … }';
    throw invalid('invalid_argument', field, must, source);
  }
  const checked = {
    create: given.create,
    size: positive(`${field}.size`, given.size),
    concurrency: positive(`${field}.concurrency`, given.concurrency) ?? 1,
    startupTimeoutMs: positive(`${field}.startupTimeoutMs`, given.startupTimeoutMs) ?? 30_000,
  };
  return (events, options) => {
    const size = checked.size ?? Math.max(1, Math.min(4, hardwareThreads(), options.maxUnits));
    return new WorkerExecutor(events, options, { ...checked, size });
  };
}

interface Measures {
  readonly create: WorkerFactory;
  readonly size: number;
  readonly concurrency: number;
  readonly startupTimeoutMs: number;
}

/**
 * A set of workers, made when they are first needed and then kept warm; a worker that ended is replaced when it is
 * needed again. Its credits are its free places.
 *
 * Workers that fail before they are ready are not made again at once: the set waits 250 ms, twice as long after each
 * further failure, at most 30 s, and offers meanwhile only the places of workers that are ready.
 *
 * Invariant: every run is in exactly one of `queue` and `placed`, until it is reported as ended.
 */
class WorkerExecutor implements Executor {
  private readonly workers = new Set<PooledWorker>();
  /** Ended, but perhaps not dead yet. */
  private readonly ending = new Set<PooledWorker>();
  private readonly placed = new Map<number, PooledWorker>();
  /** Runs that came when no place was free; seldom more than one, see `start`. */
  private readonly queue: Run[] = [];
  private readonly live = new Map<number, Run>();
  private startFailures = 0;
  private cancelBackoff: (() => void) | undefined;
  private cancelPulse: (() => void) | undefined;
  private state: 'open' | 'closed' = 'open';

  constructor(
    private readonly events: ExecutorEvents,
    private readonly options: ExecutorOptions,
    private readonly measures: Measures,
  ) {
    this.offer();
  }

  /** Takes the run also without a free place: the host may order before it has heard that a place is gone. */
  start(run: Run): void {
    if (this.state === 'closed') {
      this.events.failed(
        run,
        new Error(`the workers of pool ${run.pool} are closed`),
        'executor_failed',
        true,
      );
      return;
    }
    this.live.set(run.id, run);
    this.queue.push(run);
    this.place();
    this.keepPulse();
  }

  stop(run: Run, reason: string): void {
    const waiting = this.queue.indexOf(run);
    if (waiting >= 0) {
      this.queue.splice(waiting, 1);
      this.fail(run, new Error(`stopped before it began: ${reason}`));
      return;
    }
    this.placed.get(run.id)?.stop(run, reason);
  }

  async close(): Promise<void> {
    this.state = 'closed';
    this.cancelBackoff?.();
    this.cancelPulse?.();
    this.queue.length = 0;
    this.live.clear();
    this.placed.clear();
    await Promise.all([...this.workers, ...this.ending].map((worker) => worker.discard()));
    this.workers.clear();
  }

  /** Gives queued runs to workers, as long as there are free places. */
  private place(): void {
    for (let worker = this.freeWorker(); this.queue.length > 0 && worker; worker = this.freeWorker()) {
      const run = this.queue.shift()!;
      this.placed.set(run.id, worker);
      worker.assign(run);
    }
  }

  /** An idle worker first, then a fresh one, then the least busy one that has a place. */
  private freeWorker(): PooledWorker | undefined {
    if (this.queue.length === 0) return undefined;
    const candidates = [...this.workers].filter((worker) => worker.load < this.measures.concurrency);
    candidates.sort((a, b) => a.load - b.load || Number(b.isReady) - Number(a.isReady));
    const least = candidates[0];
    if (least?.load === 0 || !this.maySpawn()) return least;
    return this.spawn();
  }

  private maySpawn(): boolean {
    return (
      this.state === 'open' && this.cancelBackoff === undefined && this.workers.size < this.measures.size
    );
  }

  private spawn(): PooledWorker {
    const worker: PooledWorker = new PooledWorker(
      {
        pool: this.options.pool,
        factory: this.measures.create,
        startupTimeoutMs: this.measures.startupTimeoutMs,
        killGraceMs: this.options.killGraceMs,
        pulseMs: this.pulseMs(),
        clock: this.options.clock,
      },
      {
        ready: () => {
          this.startFailures = 0;
        },
        running: (run) => this.events.running(run),
        progress: (run, value) => this.events.progress(run, value),
        usage: (run, units) => this.events.usage(run, units),
        finished: (run, result) => this.conclude(run, () => this.events.finished(run, result)),
        failed: (run, error, reason, unitsFreed) =>
          this.conclude(run, () => this.events.failed(run, error, reason, unitsFreed)),
        ended: (how) => this.workerEnded(worker, how),
      },
    );
    this.workers.add(worker);
    // Not before the run that it is made for has been assigned: it must fail together with the worker.
    queueMicrotask(() => worker.open());
    return worker;
  }

  private workerEnded(worker: PooledWorker, how: WorkerEnd): void {
    this.workers.delete(worker);
    this.ending.add(worker);
    void worker.death.then(() => this.ending.delete(worker));
    if (how === 'ended') return;
    this.startFailures += 1;
    this.cancelBackoff?.();
    const delay = Math.min(backoffLongestMs, backoffFirstMs * 2 ** (this.startFailures - 1));
    this.cancelBackoff = this.options.clock.after(delay, () => this.endBackoff());
    this.offer();
  }

  private endBackoff(): void {
    this.cancelBackoff = undefined;
    this.place();
    this.offer();
  }

  private fail(run: Run, error: Error): void {
    this.conclude(run, () => this.events.failed(run, error, 'task_failed', true));
  }

  private conclude(run: Run, report: () => void): void {
    if (this.state === 'closed') return;
    this.placed.delete(run.id);
    this.live.delete(run.id);
    report();
    this.place();
    // The place that this end gives back is not there as long as no worker may be made for it.
    if (this.cancelBackoff !== undefined) this.offer();
  }

  private offer(): void {
    if (this.state === 'closed') return;
    const workers =
      this.cancelBackoff === undefined
        ? this.measures.size
        : [...this.workers].filter((worker) => worker.isReady).length;
    const places = Math.min(
      workers * this.measures.concurrency,
      this.options.runsMax ?? Number.POSITIVE_INFINITY,
    );
    this.events.credits(Math.max(0, places - this.live.size));
  }

  /** Twice per heartbeat, so that one late timer costs no lease. */
  private pulseMs(): number {
    return Math.max(1, Math.floor(this.options.heartbeatMs / 2));
  }

  private keepPulse(): void {
    if (this.cancelPulse !== undefined || this.live.size === 0 || this.state === 'closed') return;
    this.cancelPulse = this.options.clock.after(this.pulseMs(), () => {
      this.cancelPulse = undefined;
      for (const worker of [...this.workers]) worker.pulse();
      for (const run of this.live.values()) this.events.heartbeat(run);
      this.keepPulse();
    });
  }
}

function positive(field: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value > 0)) return value;
  throw invalid('invalid_argument', field, 'must be a whole number above 0', value);
}

function hardwareThreads(): number {
  const scope = globalThis as {
    navigator?: { hardwareConcurrency?: number };
    process?: { getBuiltinModule?(name: 'node:os'): { availableParallelism(): number } };
  };
  return (
    scope.navigator?.hardwareConcurrency ??
    scope.process?.getBuiltinModule?.('node:os').availableParallelism() ??
    1
  );
}
