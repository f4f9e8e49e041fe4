import type { Priority } from './codes.js';
import { type Status, statuses } from './codes.js';
import { ParkingLotError } from './errors.js';
import type { ExecutedSubmission } from './executor-port.js';
import type { Host } from './host.js';
import { type EndWords, errorOf, type Outcome, outcomeOf } from './outcome.js';
import { Feed } from './progress.js';
import type { ReceiptWords, Submission } from './submission.js';
import { checkPriority } from './task-spec.js';
import { type Explanation, explanationOf, type RawView, type TaskView, viewOf } from './views.js';
import { TaskCommand } from './wasm/raw.js';

const finalStatus = statuses.indexOf('completed');

/** Old browsers have no `Symbol.asyncDispose`; then nobody can ask for it either. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);

/**
 * A submitted task: the receipt of its admission, and the way to its outcome.
 *
 * Every promise of a task settles: when the task ends, when the lot closes (`closed`), or when the core breaks
 * (`internal_error`).
 */
export class Task<Result = unknown> implements AsyncDisposable {
  readonly pool: string;
  /** What became of the task when it was admitted: `running` or `queued`; of a joined one also how it ended. */
  readonly statusAtSubmit: Status;
  /** Parked tasks that were to leave before it, plus one; 0: it was not parked. */
  readonly position: number;
  /** It had been submitted before, under the same id and with the same body; nothing new was started. */
  readonly joined: boolean;
  /** What a crash of this realm leaves of the task: nothing. */
  readonly durability = 'volatile';

  private readonly host: Host;
  private readonly poolIndex: number;
  private readonly slot: number;
  private readonly generation: number;
  private spelled: string;
  private end: Outcome<Result> | undefined;
  private waiting:
    | { resolve(outcome: Outcome<Result>): void; reject(error: ParkingLotError): void }[]
    | undefined;
  private feeds: Set<Feed<unknown>> | undefined;
  private lastProgress: { value: unknown } | undefined;

  /** Made by `pool.submit`. */
  constructor(host: Host, poolIndex: number, pool: string, taskId: string, receipt: ReceiptWords) {
    this.host = host;
    this.poolIndex = poolIndex;
    this.pool = pool;
    this.spelled = taskId;
    this.slot = receipt.slot;
    this.generation = receipt.generation;
    this.statusAtSubmit = statuses[receipt.status]!;
    this.position = receipt.position;
    this.joined = receipt.joined;
  }

  /** The task's id, chosen by the client or given by the system. */
  get id(): string {
    if (this.spelled === '' && !this.host.isOver)
      this.spelled = this.host.core.taskId(this.slot, this.generation);
    return this.spelled;
  }

  /** How the task ended. Never rejects for the task's own failure, only when the lot is closed or broken before. */
  outcome(): Promise<Outcome<Result>> {
    if (this.end) return Promise.resolve(this.end);
    if (this.host.isOver) return Promise.reject(this.host.over);
    return new Promise((resolve, reject) => {
      this.waiting ??= [];
      this.waiting.push({ resolve, reject });
    });
  }

  /** What the task returned. Rejects with its own error if it failed, else with a ParkingLotError. */
  async result(): Promise<Result> {
    const outcome = await this.outcome();
    if (outcome.status === 'completed') return outcome.result as Result;
    throw errorOf(outcome);
  }

  /** What the task reports while it runs, from its latest report on; ends with the task. */
  progress(): AsyncIterableIterator<unknown> {
    const feed = new Feed<unknown>(() => this.feeds?.delete(feed));
    if (this.lastProgress) feed.push(this.lastProgress.value);
    if (this.end || this.host.isOver) {
      feed.end();
      return feed;
    }
    this.feeds ??= new Set();
    this.feeds.add(feed);
    return feed;
  }

  /** Ends the task as `dropped`, reason `cancelled`. False if it had ended before. */
  async cancel(): Promise<boolean> {
    try {
      await this.command(TaskCommand.cancel);
      return true;
    } catch (error) {
      if (error instanceof ParkingLotError && (error.code === 'wrong_state' || error.code === 'unknown_task'))
        return false;
      throw error;
    }
  }

  /** Moves the parked task to another class. `wrong_state` if it is not parked. */
  async setPriority(priority: Priority): Promise<void> {
    await this.command(TaskCommand.setPriority, checkPriority(priority));
  }

  async status(): Promise<TaskView<Result>> {
    return viewOf(await this.command<RawView>(TaskCommand.inspect), this.host);
  }

  /** Why the task waits. */
  async explain(): Promise<Explanation> {
    return explanationOf(await this.command<RawView>(TaskCommand.explain), this.host);
  }

  /** Leaving the block that owns the task: it is cancelled if it has not ended. */
  async [asyncDispose](): Promise<void> {
    if (!this.end && !this.host.isOver) await this.cancel();
  }

  private command<T>(what: number, priority = 0): Promise<T> {
    return this.host.ask<T>((request) => {
      this.host.core.raw._pl_task(what, request, this.poolIndex, this.slot, this.generation, 0, priority);
    });
  }

  /** For the submission alone. @internal */
  settle(outcome: Outcome<Result>): void {
    this.end = outcome;
    for (const each of this.waiting ?? []) each.resolve(outcome);
    this.endFeeds();
  }

  /** For the submission alone. @internal */
  abandon(error: ParkingLotError): void {
    for (const each of this.waiting ?? []) each.reject(error);
    this.endFeeds();
  }

  /** For the submission alone. @internal */
  report(value: unknown): void {
    this.lastProgress = { value };
    for (const feed of this.feeds ?? []) feed.push(value);
  }

  private endFeeds(): void {
    this.waiting = undefined;
    for (const feed of this.feeds ?? []) feed.end();
    this.feeds = undefined;
  }
}

/** Where the tasks of a pool live; one for all of them. */
export interface TaskHome {
  readonly host: Host;
  readonly pool: number;
  readonly poolName: string;
}

/** What few submissions need. */
interface Rare {
  taskId: string;
  isCancelled: boolean;
  stopListening?: () => void;
  /** Handles of later submissions that were joined to this task. */
  followers?: Task<never>[];
}

/**
 * A call of `pool.submit` on its way through the core. Small, because a hundred thousand may wait: it rejects by
 * resolving with a rejected promise, so that only one function per promise is kept.
 */
export class TaskSubmission implements ExecutedSubmission {
  settled = false;
  private task: Task<never> | undefined;
  private kept: Rare | undefined;

  constructor(
    private readonly home: TaskHome,
    readonly payload: unknown,
    /** Gone once the promise has its answer. */
    private resolve: ((task: Task<never> | Promise<never>) => void) | undefined,
  ) {}

  get rare(): Rare {
    this.kept ??= { taskId: '', isCancelled: false };
    return this.kept;
  }

  listen(signal: AbortSignal, index: number): void {
    const onAbort = () => {
      if (this.task) {
        this.task.cancel().catch(() => undefined);
        return;
      }
      this.rare.isCancelled = true;
      this.reject(cancelledBy(signal));
      this.home.host.cancel(index);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.rare.stopListening = () => signal.removeEventListener('abort', onAbort);
  }

  admitted(receipt: ReceiptWords & { owner?: Submission | undefined }): void {
    const { host, pool, poolName } = this.home;
    const task = new Task<never>(host, pool, poolName, this.kept?.taskId ?? '', receipt);
    if (receipt.joined) return this.joined(task, receipt);
    this.task = task;
    this.answer(task);
  }

  private joined(task: Task<never>, receipt: ReceiptWords & { owner?: Submission | undefined }): void {
    if (receipt.status < finalStatus && receipt.owner instanceof TaskSubmission) {
      this.task = task;
      receipt.owner.follow(task);
      this.answer(task);
      return;
    }
    this.kept?.stopListening?.();
    task.status().then(
      (view) => {
        task.settle(view.outcome as Outcome<never>);
        this.answer(task);
      },
      (error) => this.reject(error),
    );
  }

  private follow(task: Task<never>): void {
    this.rare.followers ??= [];
    this.rare.followers.push(task);
  }

  refused(error: ParkingLotError): void {
    this.finish();
    this.reject(error);
  }

  progressed(value: unknown): void {
    this.task?.report(value);
    for (const follower of this.followers) follower.report(value);
  }

  ended(end: EndWords): void {
    this.finish();
    const task = this.task;
    if (!task || this.kept?.isCancelled) return;
    const outcome = outcomeOf<never>(task.id, this.home.poolName, end);
    task.settle(outcome);
    for (const follower of this.followers) follower.settle(outcome);
  }

  abandoned(error: ParkingLotError): void {
    this.finish();
    if (!this.task) return this.reject(error);
    this.task.abandon(error);
    for (const follower of this.followers) follower.abandon(error);
  }

  private get followers(): readonly Task<never>[] {
    return this.kept?.followers ?? none;
  }

  private finish(): void {
    this.settled = true;
    this.kept?.stopListening?.();
  }

  private answer(task: Task<never>): void {
    const { resolve } = this;
    this.resolve = undefined;
    resolve?.(task);
  }

  private reject(error: ParkingLotError): void {
    const { resolve } = this;
    this.resolve = undefined;
    // Not made for nobody: a rejection that nobody sees ends a Node process.
    resolve?.(Promise.reject(error));
  }
}

const none: readonly never[] = [];

/** What a promise rejects with whose signal was aborted. */
export function cancelledBy(signal: AbortSignal): ParkingLotError {
  return new ParkingLotError('cancelled', 'The task was cancelled by its signal.', {
    reason: 'cancelled',
    cause: signal.reason,
  });
}
