import { watchAliveLock } from '../../worker/alive-lock.js';
import { isWellFormed, isWorkerMessage, reviveError, type WorkerMessage } from '../../worker/protocol.js';
import type { ExecutorClock, Run, RunFailure } from '../executor.js';
import { linkWorker, type WorkerFactory, type WorkerLink } from './worker-link.js';

export interface PooledWorkerOptions {
  readonly pool: string;
  readonly factory: WorkerFactory;
  readonly startupTimeoutMs: number;
  readonly killGraceMs: number;
  /** How often `pulse` is called. */
  readonly pulseMs: number;
  readonly clock: ExecutorClock;
}

/** How a worker came to its end; only `not started` says something about the next one. */
export type WorkerEnd = 'not started' | 'ended';

/** What a worker tells the set that it belongs to. */
export interface PooledWorkerEvents {
  ready(): void;
  running(run: Run): void;
  progress(run: Run, value: unknown): void;
  usage(run: Run, units: number): void;
  finished(run: Run, result: unknown): void;
  failed(run: Run, error: Error, reason: RunFailure, unitsFreed: boolean): void;
  /** It takes no more runs. Comes before the `failed` of the runs that it had. */
  ended(how: WorkerEnd): void;
}

/** `waiting` for the worker to be ready, `sent` to it, `running` by its own word. */
type Phase = 'waiting' | 'sent' | 'running';

interface LiveRun {
  readonly run: Run;
  phase: Phase;
  cancelKill?: () => void;
}

/**
 * Where neither a Web Lock nor an event tells a worker's end (pages without a secure context), only silence does; a task
 * that computes for longer without a word is ended.
 */
const silenceMs = 60_000;
/** A worker that runs no task code answers a ping at once; three unanswered ones are no accident. */
const unansweredPings = 3;
/** Chromium lets a terminated worker that computes go on for 2 s before it ends it by force. */
const deathMs = 5_000;

/**
 * One worker and the runs that it has.
 *
 * Invariant: every run given by `assign` is reported exactly once, as `finished` or `failed`, unless `discard` was
 * called. A worker whose state is in doubt is terminated, never used again; its runs' units are free once it is dead.
 *
 * A browser cannot tell a worker that computes from one that hangs. One that has said `running` therefore counts as
 * alive however long it is silent, as long as it holds its Web Lock (or its Node thread has not exited). What ends it
 * is its task's timeout, or a cancel: a stop that is not obeyed within the grace terminates the worker.
 */
export class PooledWorker {
  private state: 'starting' | 'ready' | 'ended' = 'starting';
  private readonly runs = new Map<number, LiveRun>();
  /** Settled once it has ended and is dead, as far as that can be known. */
  death: Promise<'certain' | 'uncertain'> = Promise.resolve('certain');
  private link: WorkerLink | undefined;
  private cancelStartup: () => void = () => undefined;
  private unwatch: () => void = () => undefined;
  /** Settles when the worker's Web Lock is freed; undefined while it holds none. */
  private lockFreed: Promise<void> | undefined;
  private pings = 0;

  constructor(
    private readonly options: PooledWorkerOptions,
    private readonly events: PooledWorkerEvents,
  ) {}

  get load(): number {
    return this.runs.size;
  }

  get isReady(): boolean {
    return this.state === 'ready';
  }

  /** Creates the worker. A factory that throws ends it at once. */
  open(): void {
    try {
      this.link = linkWorker(this.options.factory, {
        message: (value) => this.receive(value),
        unreadable: () =>
          this.crash(new Error('the worker sent a message that cannot be read here'), 'task_failed'),
        erred: (error) => this.crash(error, 'lost'),
        died: (error) => this.crash(error, 'lost'),
      });
      this.link.keepProcess(this.runs.size > 0 ? 'alive' : 'free');
    } catch (error) {
      this.crash(error instanceof Error ? error : new Error(String(error)), 'lost');
      return;
    }
    this.cancelStartup = this.options.clock.after(this.options.startupTimeoutMs, () =>
      this.crash(new Error(`it did not call serveTasks within ${this.options.startupTimeoutMs} ms`), 'lost'),
    );
  }

  assign(run: Run): void {
    const live: LiveRun = { run, phase: 'waiting' };
    this.runs.set(run.id, live);
    this.link?.keepProcess('alive');
    if (this.state === 'ready') this.send(live);
  }

  /** Asks the run to end; ends the whole worker if it has not ended when the grace is over. */
  stop(run: Run, reason: string): void {
    const live = this.runs.get(run.id);
    if (live === undefined || live.cancelKill !== undefined) return;
    if (live.phase === 'waiting') {
      this.settle(live, () =>
        this.events.failed(run, new Error(`stopped before it began: ${reason}`), 'task_failed', true),
      );
      return;
    }
    this.link?.post({ parkingLot: 'stop', run: run.id, reason });
    live.cancelKill = this.options.clock.after(this.options.killGraceMs, () => this.kill(live));
  }

  /** Once per `pulseMs` while there are runs: notices a worker that no longer answers. */
  pulse(): void {
    if (this.state !== 'ready' || this.runs.size === 0) return;
    if (this.pings >= this.patience()) {
      const silence = `the worker has not answered for ${this.pings * this.options.pulseMs} ms`;
      this.crash(new Error(silence), 'lost');
      return;
    }
    this.pings += 1;
    this.link?.post({ parkingLot: 'ping' });
  }

  /** Ends it by force; of its runs nothing more is reported. Resolves when it is dead, also if it ended before. */
  async discard(): Promise<void> {
    for (const live of this.runs.values()) live.cancelKill?.();
    this.runs.clear();
    if (this.state !== 'ended') this.end();
    await this.death;
  }

  private patience(): number {
    const computes = [...this.runs.values()].some((live) => live.phase === 'running');
    if (!computes) return unansweredPings;
    if (this.lockFreed !== undefined || this.link?.tellsDeath === 'always') return Number.POSITIVE_INFINITY;
    return Math.max(unansweredPings, silenceMs / this.options.pulseMs);
  }

  private send(live: LiveRun): void {
    const { id, taskId, attempt, units, payload } = live.run;
    live.phase = 'sent';
    try {
      this.link?.post({ parkingLot: 'start', run: id, taskId, attempt, units, payload });
    } catch (error) {
      const why = new TypeError(
        `the payload of task ${taskId} cannot be sent to a worker: ${messageOf(error)}`,
      );
      this.settle(live, () => this.events.failed(live.run, why, 'task_failed', true));
    }
  }

  private receive(value: unknown): void {
    if (this.state === 'ended' || !isWorkerMessage(value)) return;
    this.pings = 0;
    if (!isWellFormed(value)) {
      const what = `the worker sent a malformed '${value.parkingLot}': its serveTasks may be of another version`;
      this.crash(new Error(what), 'task_failed');
      return;
    }
    switch (value.parkingLot) {
      case 'ready':
        this.becomeReady(value.lock);
        break;
      case 'crashed':
        this.crash(reviveError(value.error), 'task_failed');
        break;
      case 'unreadable':
        this.refuseUnreadable();
        break;
      case 'pong':
        break;
      default:
        this.receiveOfRun(value);
    }
  }

  private receiveOfRun(message: Extract<WorkerMessage, { run: number }>): void {
    const live = this.runs.get(message.run);
    if (live === undefined) return;
    switch (message.parkingLot) {
      case 'running':
        live.phase = 'running';
        this.events.running(live.run);
        break;
      case 'progress':
        this.events.progress(live.run, message.value);
        break;
      case 'usage':
        this.events.usage(live.run, message.units);
        break;
      case 'finished':
        this.settle(live, () => this.events.finished(live.run, message.result));
        break;
      case 'failed':
        this.settle(live, () =>
          this.events.failed(live.run, reviveError(message.error), 'task_failed', true),
        );
        break;
    }
  }

  private becomeReady(lock: string | undefined): void {
    if (this.state !== 'starting') return;
    this.state = 'ready';
    this.cancelStartup();
    if (lock !== undefined) {
      this.lockFreed = new Promise((resolve) => {
        this.unwatch = watchAliveLock(lock, () => {
          resolve();
          this.crash(new Error('the worker was terminated or closed itself'), 'lost');
        });
      });
    }
    if (this.runs.size === 0) this.link?.keepProcess('free');
    for (const live of [...this.runs.values()]) this.send(live);
    this.events.ready();
  }

  /** Messages keep their order, so the first start that was not answered is the one that could not be read. */
  private refuseUnreadable(): void {
    const live = [...this.runs.values()].find((candidate) => candidate.phase === 'sent');
    if (live === undefined) return;
    const why = new TypeError(`the payload of task ${live.run.taskId} cannot be read in a worker`);
    this.settle(live, () => this.events.failed(live.run, why, 'task_failed', true));
  }

  private settle(live: LiveRun, report: () => void): void {
    live.cancelKill?.();
    this.runs.delete(live.run.id);
    if (this.runs.size === 0 && this.state === 'ready') this.link?.keepProcess('free');
    report();
  }

  private kill(live: LiveRun): void {
    const why = `task ${live.run.taskId} did not stop within ${this.options.killGraceMs} ms, so its worker was ended`;
    void this.bury((other) => ({
      error: new Error(
        other === live ? why : `the worker was ended because another of its tasks did not stop`,
      ),
      reason: other === live ? 'task_failed' : 'lost',
    }));
  }

  /** `blame`: of a run that was alone in the worker; of several nobody can tell whose fault it was. */
  private crash(error: Error, blame: RunFailure): void {
    if (this.state === 'ended') return;
    if (this.state === 'starting') {
      const why = new Error(`the worker of pool ${this.options.pool} did not start: ${error.message}`, {
        cause: error,
      });
      void this.bury(() => ({ error: why, reason: 'executor_failed' }));
      return;
    }
    if (this.runs.size === 0) {
      console.warn(`a worker of pool ${this.options.pool} ended between tasks and will be replaced:`, error);
    }
    const reason = this.runs.size > 1 ? 'lost' : blame;
    void this.bury(() => ({ error, reason }));
  }

  private async bury(verdict: (live: LiveRun) => { error: Error; reason: RunFailure }): Promise<void> {
    const how = this.state === 'starting' ? 'not started' : 'ended';
    const orphans = [...this.runs.values()];
    for (const live of orphans) live.cancelKill?.();
    this.end();
    this.events.ended(how);
    const death = await this.death;
    for (const live of orphans) {
      if (!this.runs.delete(live.run.id)) continue;
      const { error, reason } = verdict(live);
      this.events.failed(live.run, error, reason, death === 'certain');
    }
  }

  private end(): void {
    this.state = 'ended';
    this.cancelStartup();
    this.death = this.terminate();
  }

  /**
   * In browsers `terminate` returns while the worker may still compute; it is dead when its lock is free. A thread that
   * is stuck in native code cannot be ended at all: then its death is uncertain.
   */
  private terminate(): Promise<'certain' | 'uncertain'> {
    return new Promise((resolve) => {
      const settle = (death: 'certain' | 'uncertain'): void => {
        cancelWait();
        this.unwatch();
        resolve(death);
      };
      const cancelWait = this.options.clock.after(deathMs, () => settle('uncertain'));
      Promise.all([this.link?.terminate(), this.lockFreed]).then(
        () => settle('certain'),
        () => settle('uncertain'),
      );
    });
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
