import { LentExecutors } from '../executor/delegate/lent-executors.js';
import type { LineOpener } from '../executor/delegate/line.js';
import type { LotMessage, PageMessage } from '../executor/delegate/protocol.js';
import type { ExecutorFactory, Run } from '../executor/executor.js';
import { reportError } from '../worker/protocol.js';
import type { PinnedCalls } from './pinned-calls.js';
import { keyOf, type TaskRef } from './protocol.js';

/** A run that goes on although its leader is gone. */
interface Orphan {
  readonly run: Run;
  /** Its end, which no leader has heard of. */
  ending: ((number: number) => PageMessage) | undefined;
  isDropped: boolean;
}

/**
 * What this realm runs for the lot: its executors and its functions. A new leader finds what runs already: a task that it
 * starts here again goes on as it is.
 */
export class RealmWork extends LentExecutors {
  private readonly orphans = new Map<string, Orphan>();
  private readonly places = new Map<string, number>();

  constructor(
    openLine: LineOpener<PageMessage, LotMessage>,
    factories: ReadonlyMap<string, ExecutorFactory>,
    private readonly calls: PinnedCalls,
    private readonly free: (task: TaskRef) => void,
  ) {
    super(openLine, factories, { connectAgain: () => undefined, stayAwake: () => undefined });
  }

  /** A new reign: no number of the one before means anything. Answers what runs here. */
  claims(): TaskRef[] {
    for (const run of this.runs.values()) {
      this.orphans.set(keyOf(run), { run, ending: undefined, isDropped: false });
    }
    this.runs.clear();
    this.numbers.clear();
    return [...this.orphans.values()].map(({ run }) => ({ pool: run.pool, taskId: run.taskId }));
  }

  /** Others have taken their place. */
  drop(tasks: readonly TaskRef[]): void {
    for (const task of tasks) {
      const orphan = this.orphans.get(keyOf(task));
      if (orphan === undefined) continue;
      orphan.isDropped = true;
      if (orphan.ending) this.bury(orphan);
      else this.stopRun(orphan.run, 'lost');
    }
  }

  protected override async obey(message: LotMessage): Promise<void> {
    const known = message.parkingLot === 'open pool' ? this.places.get(message.pool) : undefined;
    await super.obey(message);
    // An executor that is there already says nothing when it is opened again.
    if (message.parkingLot === 'open pool' && known !== undefined) super.offer(message.pool, known);
  }

  protected override start(order: Run): void {
    if (this.calls.has(order)) return this.calls.start(order);
    const orphan = this.orphans.get(keyOf(order));
    if (orphan === undefined || orphan.isDropped) return super.start(order);
    this.orphans.delete(keyOf(order));
    this.assign(orphan.run, order.id);
    this.post({ parkingLot: 'running', run: order.id });
    if (orphan.ending) this.tellEnding(orphan.run, orphan.ending);
  }

  private tellEnding(run: Run, ending: (number: number) => PageMessage): void {
    try {
      super.ended(run, ending);
    } catch (cause) {
      const error = reportError(
        new TypeError(`the result of task ${run.taskId} cannot leave its realm: ${cause}`),
      );
      const failed = { parkingLot: 'failed', error, reason: 'task_failed', unitsFreed: true } as const;
      super.ended(run, (number) => ({ ...failed, run: number }));
    }
  }

  protected override stop(number: number, reason: string): void {
    if (!this.calls.stop(number, reason)) super.stop(number, reason);
  }

  protected override ended(run: Run, report: (number: number) => PageMessage): void {
    const orphan = this.orphans.get(keyOf(run));
    if (orphan?.run !== run) return super.ended(run, report);
    orphan.ending = report;
    if (orphan.isDropped) this.bury(orphan);
  }

  protected override load(pool: string): number {
    let load = super.load(pool);
    for (const { run, ending } of this.orphans.values()) {
      load += run.pool === pool && ending === undefined ? 1 : 0;
    }
    return load;
  }

  protected override offer(pool: string, places: number): void {
    this.places.set(pool, places);
    super.offer(pool, places);
  }

  private bury({ run }: Orphan): void {
    this.orphans.delete(keyOf(run));
    this.free({ pool: run.pool, taskId: run.taskId });
  }
}
