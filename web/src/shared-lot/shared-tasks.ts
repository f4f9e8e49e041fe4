import { ParkingLotError } from '../errors.js';
import type { Outcome } from '../outcome.js';
import { arrivedOutcome } from './carried-value.js';
import type { Connection } from './connection.js';
import { keyOf, type TaskRef } from './protocol.js';

/** Somebody in this realm who waits for a task's end. */
export interface Waiting {
  readonly pool: string;
  readonly id: string;
  settle(outcome: Outcome): void;
  abandon(error: ParkingLotError): void;
  report(value: unknown): void;
}

/** The tasks whose ends this realm waits for. They survive every change of leader. */
export class SharedTasks {
  private readonly waiting = new Map<string, Set<Waiting>>();
  private readonly listened = new Set<string>();

  constructor(readonly connection: Connection) {}

  add(task: Waiting): void {
    const key = keyOf(refOf(task));
    const waiting = this.waiting.get(key) ?? new Set();
    this.waiting.set(key, waiting.add(task));
  }

  forget(task: Waiting): void {
    const key = keyOf(refOf(task));
    const waiting = this.waiting.get(key);
    waiting?.delete(task);
    if (waiting?.size === 0) this.waiting.delete(key);
  }

  listen(task: Waiting): void {
    const key = keyOf(refOf(task));
    if (this.listened.has(key)) return;
    this.listened.add(key);
    this.connection.say({ say: 'listen', task: refOf(task) });
  }

  /** A new leader is to tell how they end. */
  rejoin(): void {
    const tasks = [...this.waiting.keys()].map(refIn);
    if (tasks.length > 0) this.connection.say({ say: 'watch', tasks });
    for (const key of this.listened) this.connection.say({ say: 'listen', task: refIn(key) });
  }

  ended(task: TaskRef, outcome: Outcome): void {
    this.listened.delete(keyOf(task));
    const arrived = arrivedOutcome(outcome);
    for (const each of [...(this.waiting.get(keyOf(task)) ?? [])]) each.settle(arrived);
  }

  progressed(task: TaskRef, value: unknown): void {
    for (const each of this.waiting.get(keyOf(task)) ?? []) each.report(value);
  }

  /** The leader does not have it: it was in a volatile pool, and its leader ended. */
  unknown(task: TaskRef): void {
    const error = new ParkingLotError(
      'lost',
      'The tab that led has ended, and the pool of the task stores nothing.',
      { reason: 'lost', taskId: task.taskId },
    );
    this.abandon(this.waiting.get(keyOf(task)) ?? [], error);
  }

  abandonAll(error: ParkingLotError): void {
    for (const waiting of [...this.waiting.values()]) this.abandon(waiting, error);
  }

  private abandon(waiting: Iterable<Waiting>, error: ParkingLotError): void {
    for (const each of [...waiting]) each.abandon(error);
  }
}

function refOf({ pool, id }: Waiting): TaskRef {
  return { pool, taskId: id };
}

function refIn(key: string): TaskRef {
  const [pool, taskId] = key.split('\u0000');
  return { pool: pool!, taskId: taskId! };
}
