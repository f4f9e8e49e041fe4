import type { Priority, Status } from '../codes.js';
import { ParkingLotError } from '../errors.js';
import type { Outcome } from '../outcome.js';
import type { Durability } from '../storage/fallback-disk.js';
import type { Task } from '../task.js';
import { TaskHandle } from '../task-handle.js';
import type { Explanation, TaskView } from '../views.js';
import type { CarriedReceipt, PoolCall, TaskRef } from './protocol.js';
import type { SharedTasks } from './shared-tasks.js';

const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);

/** A task of a shared lot: `Task`, as seen from a realm that need not lead. */
export class SharedTask<Result = unknown>
  extends TaskHandle<Result>
  implements Pick<Task<Result>, keyof Task>
{
  readonly pool: string;
  readonly id: string;
  readonly statusAtSubmit: Status;
  readonly position: number;
  readonly joined: boolean;
  readonly durability: Durability;
  private lost: ParkingLotError | undefined;

  constructor(
    private readonly tasks: SharedTasks,
    { pool, taskId }: TaskRef,
    receipt: CarriedReceipt,
  ) {
    super();
    this.pool = pool;
    this.id = taskId;
    this.statusAtSubmit = receipt.status;
    this.position = receipt.position;
    this.joined = receipt.joined;
    this.durability = receipt.durability;
  }

  protected get over(): ParkingLotError | undefined {
    return this.lost ?? this.tasks.connection.over;
  }

  override progress(): AsyncIterableIterator<unknown> {
    if (!this.end && !this.over) this.tasks.listen(this);
    return super.progress();
  }

  async cancel(): Promise<boolean> {
    try {
      await this.ask('cancel');
      return true;
    } catch (error) {
      if (!(error instanceof ParkingLotError)) throw error;
      if (error.code !== 'wrong_state' && error.code !== 'unknown_task') throw error;
      return false;
    }
  }

  async setPriority(priority: Priority): Promise<void> {
    await this.ask('setPriority', priority);
  }

  status(): Promise<TaskView<Result>> {
    return this.ask('status');
  }

  explain(): Promise<Explanation> {
    return this.ask('explain');
  }

  async [asyncDispose](): Promise<void> {
    if (!this.end && !this.over) await this.cancel();
  }

  override settle(outcome: Outcome<Result>): void {
    super.settle(outcome);
    this.tasks.forget(this);
  }

  override abandon(error: ParkingLotError): void {
    this.lost = error;
    super.abandon(error);
    this.tasks.forget(this);
  }

  private ask<T>(call: PoolCall, ...args: readonly unknown[]): Promise<T> {
    return this.tasks.connection.ask({ on: 'pool', pool: this.pool, call, args: [this.id, ...args] });
  }
}
