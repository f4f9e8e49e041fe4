import { onAbort } from './abort-listeners.js';
import { Events } from './p-queue/events.js';
import { type Gate, type Leave, OwnGate } from './p-queue/gate.js';
import type { EventMap, Job, JobFunction, RunningTask } from './p-queue/job.js';
import {
  type AddOptions,
  checkedConcurrency,
  checkedCost,
  checkedPool,
  checkedTimeout,
  checkLimits,
  type Options,
} from './p-queue/options.js';
import { type JobQueue, PriorityQueue, type RunFunction } from './p-queue/priority-queue.js';
import { SharedGate } from './p-queue/shared-gate.js';
import { StartLimit } from './p-queue/start-limit.js';
import { withSignal, withTimeout } from './p-queue/timeout.js';
import type { Pool } from './pool.js';

export type { JobFunction, RunningTask } from './p-queue/job.js';
export type { AddOptions, Cost, Options } from './p-queue/options.js';
export { type JobQueue, PriorityQueue, type RunFunction } from './p-queue/priority-queue.js';
export { TimeoutError } from './p-queue/timeout.js';

/**
 * p-queue's class on a pool of units, for those who come from it: the same options, methods and events, and jobs that
 * cost more than one unit.
 *
 *     const queue = new PQueue({ concurrency: 8 });
 *     const answer = await queue.add(() => generate(prompt), { units: 4, priority: 1 });
 *
 * The first job in order holds back those behind it until its units are free. A function is called a few microtasks
 * after p-queue would call it (the very first once the WebAssembly module is loaded, and its interval begins then);
 * `size` and `pending` change at once as there.
 */
export default class PQueue extends Events<EventMap> {
  /** Default of the jobs that are added from now on, in milliseconds. */
  timeout: number | undefined;

  private queue: JobQueue;
  private readonly queueClass: new () => JobQueue;
  private readonly jobs = new WeakMap<RunFunction, Job>();
  private readonly runningJobs = new Set<Job>();
  private readonly stopWaiting = new Set<() => void>();
  private readonly limit: StartLimit;
  private readonly pool: Pool | undefined;
  private gate: Gate;
  private head: RunFunction | undefined; // taken out of a queue of the user's own, and waiting for its units
  private limitUnits: number; // endless where the pool's capacity is the limit
  private unitsInUse = 0;
  private isHeld: boolean;
  private lastId = 0;
  private wasLimited = false;
  private limitIsStale = false;

  constructor(options: Options = {}) {
    super();
    const { intervalCap = Number.POSITIVE_INFINITY, interval = 0, strict = false } = options;
    checkLimits(intervalCap, interval, strict);
    this.limit = new StartLimit(
      {
        cap: intervalCap,
        intervalMs: interval,
        window: strict ? 'sliding' : 'fixed',
        carriesOver: options.carryoverIntervalCount ?? false,
      },
      () => this.pending,
      () => {
        if (this.size > 0) this.startAll();
      },
    );
    this.queueClass = options.queueClass ?? PriorityQueue;
    this.queue = new this.queueClass();
    this.limitUnits = checkedConcurrency(options.concurrency ?? Number.POSITIVE_INFINITY);
    this.timeout = checkedTimeout(options.timeout);
    this.isHeld = options.autoStart === false;
    this.pool = checkedPool(options.pool);
    this.gate = this.pool
      ? new SharedGate(this.pool, () => this.startAll())
      : new OwnGate(this.limitUnits, this.limit);
  }

  get concurrency(): number {
    return Math.min(this.limitUnits, this.gate.capacity);
  }
  /** From now on; jobs that run go on. */
  set concurrency(units: number) {
    this.limitUnits = checkedConcurrency(units);
    if (!this.pool) {
      (this.gate as OwnGate).retire();
      this.gate = new OwnGate(units, this.limit);
    }
    this.startAll();
  }

  /** Jobs that wait. */
  get size(): number {
    return this.queue.size + (this.head ? 1 : 0);
  }
  /** Jobs that run. */
  get pending(): number {
    return this.runningJobs.size;
  }
  get isPaused(): boolean {
    return this.isHeld;
  }
  get isRateLimited(): boolean {
    return this.wasLimited;
  }
  /** Jobs wait although the queue is not paused: for units, or for the next interval. */
  get isSaturated(): boolean {
    if (this.size === 0) return false;
    return this.isRateLimited || this.gate.isWaiting || this.unitsInUse + this.next.units > this.concurrency;
  }
  /** Jobs under way, with how long they may still take. */
  get runningTasks(): RunningTask[] {
    return [...this.runningJobs].map(({ options, startTime, timeout }) => ({
      id: options.id,
      priority: options.priority ?? 0,
      startTime,
      timeout,
      timeoutRemaining: timeout === undefined ? undefined : Math.max(0, startTime + timeout - Date.now()),
    }));
  }

  /** Of this priority. */
  sizeBy({ priority }: { readonly priority?: number }): number {
    const isHead = this.head !== undefined && this.jobs.get(this.head)?.options.priority === priority;
    return this.queue.filter(priority === undefined ? {} : { priority }).length + (isHead ? 1 : 0);
  }

  /** Settles as the function does; rejects with the signal's reason, or a TimeoutError. */
  async add<T>(fn: JobFunction<T>, options: AddOptions = {}): Promise<T> {
    this.lastId += options.id === undefined ? 1 : 0;
    const cost = checkedCost(options.units ?? 1, this.limitUnits, this.pool ? 'named' : 'none');
    const job: Job = {
      options: { ...options, id: options.id ?? String(this.lastId) },
      cost,
      units: typeof cost === 'number' ? cost : 1,
      signal: options.signal,
      timeout: checkedTimeout('timeout' in options ? options.timeout : this.timeout),
      startTime: 0,
      leave: undefined,
    };
    return new Promise<T>((resolve, reject) => this.enqueue(job, fn, resolve, reject));
  }

  async addAll<T>(functions: readonly JobFunction<T>[], options?: AddOptions): Promise<T[]> {
    return Promise.all(functions.map((fn) => this.add(fn, options)));
  }

  /** Of a job that waits; it joins the end of its new priority. */
  setPriority(id: string, priority: number): void {
    if (typeof priority !== 'number' || !Number.isFinite(priority)) {
      throw new TypeError(
        `Expected \`priority\` to be a finite number, got \`${priority}\` (${typeof priority})`,
      );
    }
    this.queue.setPriority(id, priority);
    this.startAll();
  }

  start(): this {
    if (!this.isHeld) return this;
    this.isHeld = false;
    this.startAll();
    return this;
  }

  pause(): void {
    this.isHeld = true;
    this.gate.stopWaiting();
  }

  /** Forgets the jobs that wait; their promises never settle, as in p-queue. */
  clear(): void {
    for (const stop of this.stopWaiting) stop();
    this.queue = new this.queueClass();
    this.head = undefined;
    this.gate.stopWaiting();
    this.limit.unwatch();
    this.tellLimit();
    this.emit('empty');
    if (this.pending === 0) this.emit('idle');
    this.emit('next');
  }

  async onEmpty(): Promise<void> {
    if (this.size > 0) await this.nextEvent(['empty']);
  }

  async onIdle(): Promise<void> {
    if (this.size > 0 || this.pending > 0) await this.nextEvent(['idle']);
  }

  async onPendingZero(): Promise<void> {
    if (this.pending > 0) await this.nextEvent(['pendingZero']);
  }

  async onSizeLessThan(limit: number): Promise<void> {
    if (this.size >= limit) await this.nextEvent(['next', 'active'], () => this.size < limit);
  }

  async onRateLimit(): Promise<void> {
    if (!this.isRateLimited) await this.nextEvent(['rateLimit']);
  }

  async onRateLimitCleared(): Promise<void> {
    if (this.isRateLimited) await this.nextEvent(['rateLimitCleared']);
  }

  /** Rejects with the error of the next job that fails. */
  onError(): Promise<never> {
    return new Promise((_, reject) => this.once('error', reject));
  }

  private enqueue<T>(
    job: Job,
    fn: JobFunction<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    let stopWaiting = () => {};
    const run: RunFunction = async () => {
      stopWaiting();
      this.runningJobs.add(job);
      this.unitsInUse += job.units;
      job.startTime = Date.now();
      const counts = `queue has ${this.pending} running, ${this.size} waiting`;
      try {
        if (job.signal?.aborted) this.limit.takenBack();
        job.signal?.throwIfAborted();
        const result = await job.leave!.run(() => this.call(job, fn, counts));
        resolve(result);
        this.emit('completed', result);
      } catch (thrown) {
        const error = job.signal?.aborted ? job.signal.reason : thrown;
        reject(error);
        this.emit('error', error);
      } finally {
        this.runningJobs.delete(job);
        this.unitsInUse -= job.units;
        if (this.pending === 0) this.emit('pendingZero');
        this.startWhatFits();
        this.emit('next');
      }
    };
    this.jobs.set(run, job);
    this.queue.enqueue(run, job.options);
    if (job.signal) {
      const { signal } = job;
      const giveUp = () => {
        stopWaiting();
        this.remove(run, job);
        reject(signal.reason);
        this.startWhatFits();
        this.emit('next');
      };
      if (signal.aborted) return giveUp();
      const stopListening = onAbort(signal, giveUp);
      stopWaiting = () => {
        stopListening();
        this.stopWaiting.delete(stopWaiting);
      };
      this.stopWaiting.add(stopWaiting);
    }
    this.emit('add');
    this.startWhatFits();
  }

  private async call<T>(job: Job, fn: JobFunction<T>, counts: string): Promise<T> {
    job.startTime = Date.now();
    let operation = Promise.resolve(fn(job.signal ? { signal: job.signal } : {}));
    if (job.timeout !== undefined) {
      operation = withTimeout(operation, job.timeout, `Task timed out after ${job.timeout}ms (${counts})`);
    }
    return job.signal ? withSignal(operation, job.signal) : operation;
  }

  private remove(run: RunFunction, job: Job): void {
    if (this.head === run) this.head = undefined;
    else if (this.queue instanceof PriorityQueue) this.queue.remove(run);
    else this.queue.remove?.(job.options.id);
  }

  /** After a job came or went: only if none waited already, nobody has heard yet that the queue is empty. */
  private startWhatFits(): void {
    if (this.size === 0) this.startAll();
    while (this.size > 0 && this.startNext());
    this.watchLimit();
  }

  private startAll(): void {
    while (this.startNext());
    this.watchLimit();
  }

  private watchLimit(): void {
    if (this.size > 0 && !this.isHeld) this.limit.watch();
    this.tellLimitSoon();
  }

  private startNext(): boolean {
    if (this.size === 0) {
      this.gate.stopWaiting();
      this.limit.unwatch();
      this.emit('empty');
      if (this.pending === 0) this.emit('idle');
      return false;
    }
    if (!this.mayStart) {
      this.gate.stopWaiting();
      return false;
    }
    const { cost, signal } = this.next;
    const leave = this.gate.enter(cost, signal);
    if (leave) this.startWith(leave);
    else this.gate.waitFor(cost);
    return leave !== undefined;
  }

  /** Whether the first job is kept by nothing but what the pool has free. */
  private get mayStart(): boolean {
    if (this.isHeld || this.limit.isReached || this.unitsInUse >= this.limitUnits) return false;
    // One that costs more than a lowered concurrency is left to the pool, which says so.
    return this.unitsInUse + this.next.units <= this.limitUnits || this.pending === 0;
  }

  private startWith(leave: Leave): void {
    const run = this.first();
    this.next.leave = leave;
    if (this.head) this.head = undefined;
    else this.queue.dequeue();
    this.limit.started();
    void run();
    this.emit('active');
  }

  private get next(): Job {
    return this.jobs.get(this.first())!;
  }

  /** The next job in order, still in its place. */
  private first(): RunFunction {
    if (this.queue instanceof PriorityQueue) return this.queue.first!;
    this.head ??= this.queue.dequeue()!;
    return this.head;
  }

  private tellLimitSoon(): void {
    if (this.limit.isEndless || this.limitIsStale) return;
    this.limitIsStale = true;
    queueMicrotask(() => this.tellLimit());
  }

  private tellLimit(): void {
    this.limitIsStale = false;
    const isLimited = this.size > 0 && this.limit.isReached;
    if (isLimited === this.wasLimited) return;
    this.wasLimited = isLimited;
    this.emit(isLimited ? 'rateLimit' : 'rateLimitCleared');
  }

  private nextEvent(names: (keyof EventMap)[], isMeant = () => true): Promise<void> {
    return new Promise((resolve) => {
      const listener = () => {
        if (!isMeant()) return;
        for (const name of names) this.off(name, listener);
        resolve();
      };
      for (const name of names) this.on(name, listener);
    });
  }
}
export { PQueue };
