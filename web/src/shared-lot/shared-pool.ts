import { onAbort } from '../abort-listeners.js';
import type { Priority, Status } from '../codes.js';
import type { LongTaskSpec, MomentLike, PoolSettings, RunOptions, TaskSpec } from '../config.js';
import { configText } from '../config-text.js';
import { invalid } from '../errors.js';
import { checkOptions, type Pool, signalOf } from '../pool.js';
import type { PoolMoment } from '../pool-moment.js';
import type { PoolStats } from '../pool-stats.js';
import type { RunFunction } from '../realm-run.js';
import { cancelledBy } from '../task.js';
import { SpecReader, type SpecUse } from '../task-spec.js';
import type { Explanation, TaskPage, TaskView } from '../views.js';
import { Field } from '../wasm/raw.js';
import { PinnedCall, type PinnedCalls } from './pinned-calls.js';
import type { CarriedReceipt, PoolCall } from './protocol.js';
import { SharedTask } from './shared-task.js';
import type { SharedTasks } from './shared-tasks.js';

/** Fields that are moments, under each of their names, and where the reader puts them. */
const moments: Readonly<Record<string, number>> = {
  deadline: Field.deadline,
  startAfter: Field.startAfter,
  start_after: Field.startAfter,
};
const ofThisCall = ['signal', 'onProgress', 'taskId', 'task_id'];
/** A function that its realm still has is never given up because leaders ended. */
const maxLostOfFunctions = 65_535;

/** Makes ids for tasks that were given none, so that a submission that is sent again is the same. */
export class TaskNames {
  private readonly prefix: string;
  private count = 0;

  constructor() {
    const [random] = crypto.getRandomValues(new BigUint64Array(1));
    this.prefix = random!.toString(36);
  }

  next(): string {
    this.count += 1;
    return `${this.prefix}-${this.count}`;
  }
}

/** One pool of a shared lot: `Pool`, as seen from a realm that need not lead. */
export class SharedPool<Payload = unknown, Result = unknown>
  implements Omit<Pool<Payload, Result>, 'submit' | 'submitFrom' | 'figures' | 'isOpen'>
{
  private readonly reader = new SpecReader({ tenant: () => 1, mailboxKey: () => 1 }, () => Date.now());

  constructor(
    readonly name: string,
    private readonly waiting: SharedTasks,
    private readonly calls: PinnedCalls,
    private readonly names: TaskNames,
  ) {}

  async submit(
    spec: TaskSpec<Payload> & LongTaskSpec = {},
    options?: { signal?: AbortSignal },
  ): Promise<SharedTask<Result>> {
    this.waiting.connection.assertOpen();
    checkOptions(spec, 'task');
    const read = this.read(spec, 'submit');
    const signal = signalOf(options);
    if (signal?.aborted) throw cancelledBy(signal);
    const asked = this.ask(read, false);
    const task = asked.then((receipt) => this.taskOf(read.taskId, receipt));
    return signal ? untilAborted(task, signal) : task;
  }

  run<T>(fn: RunFunction<T>, options: RunOptions = {}): Promise<T> {
    let read: ReadSpec;
    try {
      this.waiting.connection.assertOpen();
      if (typeof fn !== 'function') throw invalid('invalid_argument', 'fn', 'must be a function', fn);
      checkOptions(options, 'options');
      read = this.read(options, 'run');
    } catch (error) {
      return Promise.reject(error);
    }
    const { signal, onProgress } = options;
    if (signal?.aborted) return Promise.reject(cancelledBy(signal));
    return new Promise<T>((resolve) => {
      let stopListening: (() => void) | undefined;
      const settle = (value: unknown): void => {
        stopListening?.();
        resolve(value as T);
      };
      const call = new PinnedCall(this.name, read.taskId, fn, this.calls, settle, onProgress);
      this.calls.add(call);
      this.waiting.add(call);
      this.ask(read, true).catch((error) => call.refused(error));
      stopListening = signal && onAbort(signal, () => this.cancelCall(call, signal));
    });
  }

  status(taskId: string): Promise<TaskView<Result>> {
    return this.call('status', taskId);
  }

  explain(taskId: string): Promise<Explanation> {
    return this.call('explain', taskId);
  }

  tasks(query: { status?: Status; after?: number; limit?: number } = {}): Promise<TaskPage<Result>> {
    return this.call('tasks', query);
  }

  cancel(taskId: string): Promise<void> {
    return this.call('cancel', taskId);
  }

  cancelTenant(tenant: string): Promise<number> {
    return this.call('cancelTenant', tenant);
  }

  setPriority(taskId: string, priority: Priority): Promise<void> {
    return this.call('setPriority', taskId, priority);
  }

  pause(): Promise<void> {
    return this.call('pause');
  }

  resume(): Promise<void> {
    return this.call('resume');
  }

  drain(): Promise<boolean> {
    return this.call('drain');
  }

  disable(): Promise<void> {
    return this.call('disable');
  }

  async reconfigure(settings: PoolSettings): Promise<void> {
    checkOptions(settings, 'settings');
    return this.call('reconfigure', JSON.parse(configText(settings)));
  }

  stats(): Promise<PoolStats> {
    return this.call('stats');
  }

  at(moment: MomentLike): Promise<PoolMoment> {
    return this.call('at', moment);
  }

  private call<T>(call: PoolCall, ...args: readonly unknown[]): Promise<T> {
    return this.waiting.connection.ask({ on: 'pool', pool: this.name, call, args });
  }

  private ask({ spec }: ReadSpec, isPinned: boolean): Promise<CarriedReceipt> {
    return this.waiting.connection.ask({ on: 'submit', pool: this.name, spec, isPinned });
  }

  /** Checks it as the leader will, and makes it mean the same whenever and wherever it is read. */
  private read(given: object, use: SpecUse): ReadSpec {
    const reading = this.reader.read(given, use);
    const spec: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined || ofThisCall.includes(key)) continue;
      const moment = moments[key];
      spec[key] = moment === undefined ? value : this.reader.numbers[moment];
    }
    const taskId = this.reader.taskId || this.names.next();
    spec.taskId = taskId;
    if (use === 'run') spec.maxLost = maxLostOfFunctions;
    this.reader.assertLast(reading);
    return { taskId, spec };
  }

  private taskOf(taskId: string, receipt: CarriedReceipt): SharedTask<Result> {
    const task = new SharedTask<Result>(this.waiting, { pool: this.name, taskId }, receipt);
    this.waiting.add(task as SharedTask);
    return task;
  }

  private cancelCall(call: PinnedCall, signal: AbortSignal): void {
    if (call.isSettled) return;
    call.cancelled(cancelledBy(signal));
    this.call('cancel', call.id).catch(() => undefined);
  }
}

interface ReadSpec {
  readonly taskId: string;
  readonly spec: Record<string, unknown>;
}

/** The task, unless the signal is aborted before; then the task is cancelled, before or after its admission. */
function untilAborted<Result>(
  submitted: Promise<SharedTask<Result>>,
  signal: AbortSignal,
): Promise<SharedTask<Result>> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      reject(cancelledBy(signal));
      submitted.then((task) => task.cancel()).catch(() => undefined);
    });
    submitted.then(resolve, reject);
    submitted
      .then((task) => task.outcome())
      .catch(() => undefined)
      .finally(stopListening);
  });
}
