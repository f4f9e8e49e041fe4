import { reportError } from '../../worker/protocol.js';
import type {
  Executor,
  ExecutorClock,
  ExecutorEvents,
  ExecutorFactory,
  Run,
  RunFailure,
} from '../executor.js';
import type { Line, LineOpener } from './line.js';
import type { LotMessage, PageMessage } from './protocol.js';

const stayAwakeMs = 10_000;

export interface LendingEvents {
  connectAgain(): void;
  /** Now and then while there are runs: a service worker lives only as long as events reach it. */
  stayAwake(): void;
}

const pageClock: ExecutorClock = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * The executors of this realm that serve a lot at the other end of a line.
 *
 * The lot numbers its runs; the executors know them under numbers of this realm, which never return.
 */
export class LentExecutors {
  /** By the lot's numbers. */
  protected readonly runs = new Map<number, Run>();
  protected readonly numbers = new Map<Run, number>();
  private readonly executors = new Map<string, Executor>();
  private readonly line: Line<PageMessage>;
  private lastRun = 0;
  private cancelAwake: (() => void) | undefined;

  constructor(
    openLine: LineOpener<PageMessage, LotMessage>,
    protected readonly factories: ReadonlyMap<string, ExecutorFactory>,
    private readonly events: LendingEvents,
  ) {
    this.line = openLine({
      received: (message) => void this.obey(message),
      unreadable: () => undefined,
      // The lot is gone, and nobody else can end what still runs for it.
      ended: () => void this.close(),
    });
  }

  async close(): Promise<void> {
    this.runs.clear();
    this.numbers.clear();
    this.cancelAwake?.();
    const executors = [...this.executors.values()];
    this.executors.clear();
    await Promise.all(executors.map((executor) => executor.close()));
    this.post({ parkingLot: 'bye' });
    this.line.close();
  }

  protected async obey(message: LotMessage): Promise<void> {
    switch (message.parkingLot) {
      case 'open pool':
        this.open(message);
        break;
      case 'close pool':
        await this.closePool(message.pool);
        break;
      case 'start':
        this.start(message.run);
        break;
      case 'stop':
        this.stop(message.run, message.reason);
        break;
      case 'connect again':
        this.events.connectAgain();
        break;
    }
  }

  protected start(order: Run): void {
    const executor = this.executors.get(order.pool);
    if (executor === undefined) {
      const error = reportError(new Error(`this page has no workers for pool ${order.pool}`));
      this.post({ parkingLot: 'failed', run: order.id, error, reason: 'executor_failed', unitsFreed: true });
      return;
    }
    this.lastRun += 1;
    const run = { ...order, id: this.lastRun };
    this.assign(run, order.id);
    executor.start(run);
    this.keepAwake();
  }

  protected assign(run: Run, number: number): void {
    this.runs.set(number, run);
    this.numbers.set(run, number);
  }

  protected stop(number: number, reason: string): void {
    const run = this.runs.get(number);
    if (run !== undefined) this.stopRun(run, reason);
  }

  protected stopRun(run: Run, reason: string): void {
    this.executors.get(run.pool)?.stop(run, reason);
  }

  /** The run has ended; `report` is what the lot is to hear, under a number that only the lot's run has. */
  protected ended(run: Run, report: (number: number) => PageMessage): void {
    const number = this.numbers.get(run);
    if (number === undefined) return;
    this.post(report(number));
    this.numbers.delete(run);
    this.runs.delete(number);
  }

  protected post(message: PageMessage): void {
    this.line.post(message);
  }

  private open(message: Extract<LotMessage, { parkingLot: 'open pool' }>): void {
    const factory = this.factories.get(message.pool);
    if (factory === undefined || this.executors.has(message.pool)) return;
    const { pool, maxUnits, heartbeatMs, killGraceMs } = message;
    const options = { pool, maxUnits, heartbeatMs, killGraceMs, clock: pageClock };
    this.executors.set(pool, factory(this.eventsOf(pool), options));
  }

  private async closePool(pool: string): Promise<void> {
    for (const [number, run] of this.runs) {
      if (run.pool !== pool) continue;
      this.runs.delete(number);
      this.numbers.delete(run);
    }
    const executor = this.executors.get(pool);
    this.executors.delete(pool);
    await executor?.close();
    this.post({ parkingLot: 'pool closed', pool });
  }

  private keepAwake(): void {
    if (this.cancelAwake !== undefined || this.runs.size === 0) return;
    this.cancelAwake = pageClock.after(stayAwakeMs, () => {
      this.cancelAwake = undefined;
      if (this.runs.size > 0) this.events.stayAwake();
      this.keepAwake();
    });
  }

  protected load(pool: string): number {
    let load = 0;
    for (const run of this.runs.values()) load += run.pool === pool ? 1 : 0;
    return load;
  }

  /** How many runs the executor of this pool takes in all, those that it has included. */
  protected offer(pool: string, places: number): void {
    this.post({ parkingLot: 'places', pool, places });
  }

  private eventsOf(pool: string): ExecutorEvents {
    const ofRun = (run: Run, message: (number: number) => PageMessage): void => {
      const number = this.numbers.get(run);
      if (number !== undefined) this.post(message(number));
    };
    const failed = (run: Run, thrown: unknown, reason: RunFailure, unitsFreed: boolean): void => {
      const error = reportError(thrown);
      this.ended(run, (number) => ({ parkingLot: 'failed', run: number, error, reason, unitsFreed }));
    };
    return {
      credits: (n) => this.offer(pool, n + this.load(pool)),
      running: (run) => ofRun(run, (number) => ({ parkingLot: 'running', run: number })),
      heartbeat: (run) => ofRun(run, (number) => ({ parkingLot: 'heartbeat', run: number })),
      progress: (run, value) => {
        try {
          ofRun(run, (number) => ({ parkingLot: 'progress', run: number, value }));
        } catch {
          // It came here by transfer and cannot be copied: progress is worth nothing more.
        }
      },
      usage: (run, units) => ofRun(run, (number) => ({ parkingLot: 'usage', run: number, units })),
      finished: (run, result) => {
        try {
          this.ended(run, (number) => ({ parkingLot: 'finished', run: number, result }));
        } catch (error) {
          const why = new TypeError(
            `the result of task ${run.taskId} cannot leave its page: ${String(error)}`,
          );
          failed(run, why, 'task_failed', true);
        }
      },
      failed,
    };
  }
}
