import { onAbort } from './abort-listeners.js';
import type { Priority } from './codes.js';
import { type Status, statuses } from './codes.js';
import { ParkingLotError } from './errors.js';
import type { ExecutedSubmission } from './executor-port.js';
import type { Host } from './host.js';
import { type EndWords, type Outcome, outcomeOf } from './outcome.js';
import type { Durability } from './storage/fallback-disk.js';
import type { ReceiptWords, Submission } from './submission.js';
import { TaskHandle } from './task-handle.js';
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
export class Task<Result = unknown> extends TaskHandle<Result> implements AsyncDisposable {
  readonly pool: string;
  /** What became of the task when it was admitted: `running` or `queued`; of a joined one also how it ended. */
  readonly statusAtSubmit: Status;
  /** Parked tasks that were to leave before it, plus one; 0: it was not parked. */
  readonly position: number;
  /** It had been submitted before, under the same id and with the same body; nothing new was started. */
  readonly joined: boolean;
  /** Whether the task survives a crash of this realm; what its pool's storage was able to promise at its admission. */
  readonly durability: Durability;

  private readonly host: Host;
  private readonly poolIndex: number;
  private readonly slot: number;
  private readonly generation: number;
  private spelled: string;

  /** Made by `pool.submit`. */
  constructor(host: Host, poolIndex: number, pool: string, taskId: string, receipt: ReceiptWords) {
    super();
    this.host = host;
    this.poolIndex = poolIndex;
    this.pool = pool;
    this.spelled = taskId;
    this.slot = receipt.slot;
    this.generation = receipt.generation;
    this.statusAtSubmit = statuses[receipt.status]!;
    this.position = receipt.position;
    this.joined = receipt.joined;
    this.durability = host.durabilityOf(poolIndex);
  }

  protected get over(): ParkingLotError | undefined {
    return this.host.over;
  }

  /** The task's id, chosen by the client or given by the system. */
  get id(): string {
    if (this.spelled === '' && !this.host.isOver)
      this.spelled = this.host.core.taskId(this.slot, this.generation);
    return this.spelled;
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
    this.rare.stopListening = onAbort(signal, () => {
      if (this.task) {
        this.task.cancel().catch(() => undefined);
        return;
      }
      this.rare.isCancelled = true;
      this.reject(cancelledBy(signal));
      this.home.host.cancel(index);
    });
  }

  admitted(receipt: ReceiptWords & { owner?: Submission | undefined }): void {
    const { host, pool, poolName } = this.home;
    const task = new Task<never>(host, pool, poolName, this.kept?.taskId ?? '', receipt);
    if (receipt.joined) return this.joined(task, receipt);
    this.task = task;
    this.answer(task);
    // Its caller left before the admission was certain.
    if (this.kept?.isCancelled) task.cancel().catch(() => undefined);
  }

  private joined(task: Task<never>, receipt: ReceiptWords & { owner?: Submission | undefined }): void {
    if (receipt.status < finalStatus && receipt.owner instanceof TaskSubmission) {
      this.task = task;
      if (receipt.owner !== this) receipt.owner.follow(task);
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
    if (!task) return;
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
