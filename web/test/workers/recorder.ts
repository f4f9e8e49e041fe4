import type {
  ExecutorClock,
  ExecutorEvents,
  ExecutorFactory,
  Run,
  RunFailure,
} from '../../src/executor/executor.js';

export interface Ending {
  readonly run: Run;
  readonly result?: unknown;
  readonly error?: Error;
  readonly reason?: RunFailure;
  readonly unitsFreed?: boolean;
}

/** A host that writes down what an executor reports and lets a test wait for it. */
export class Recorder implements ExecutorEvents {
  readonly log: string[] = [];
  readonly progressed: unknown[] = [];
  readonly endings: Ending[] = [];
  offered: number[] = [];
  private waiters: Array<() => void> = [];
  private nextRun = 1;

  credits(n: number): void {
    this.offered.push(n);
    this.wake();
  }

  running(run: Run): void {
    this.note('running', run);
  }

  heartbeat(run: Run): void {
    this.note('heartbeat', run);
  }

  progress(run: Run, value: unknown): void {
    this.progressed.push(value);
    this.note('progress', run);
  }

  usage(run: Run, units: number): void {
    this.note(`usage ${units}`, run);
  }

  finished(run: Run, result: unknown): void {
    this.endings.push({ run, result });
    this.note('finished', run);
  }

  failed(run: Run, error: unknown, reason: RunFailure, unitsFreed: boolean): void {
    this.endings.push({ run, error: error as Error, reason, unitsFreed });
    this.note(`failed ${reason}`, run);
  }

  run(payload: unknown = null): Run {
    const id = this.nextRun++;
    return { id, taskId: `t${id}`, pool: 'llm', attempt: 1, units: 2, payload };
  }

  /** Waits until `holds`; a test that waits in vain is ended by its own time limit. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  async ending(run: Run): Promise<Ending> {
    await this.until(() => this.endings.some((ending) => ending.run === run));
    return this.endings.find((ending) => ending.run === run)!;
  }

  count(entry: string): number {
    return this.log.filter((logged) => logged === entry).length;
  }

  /** What was reported, without the heartbeats, which come as time passes. */
  get story(): readonly string[] {
    return this.log.filter((entry) => !entry.startsWith('heartbeat'));
  }

  private note(what: string, run: Run): void {
    this.log.push(`${what} ${run.taskId}`);
    this.wake();
  }

  private wake(): void {
    const woken = this.waiters;
    this.waiters = [];
    for (const resolve of woken) resolve();
  }
}

/** Timers that a test fires by hand. */
export class HandClock implements ExecutorClock {
  private now = 0;
  private readonly timers = new Map<object, { due: number; callback: () => void }>();

  after(delayMs: number, callback: () => void): () => void {
    const key = {};
    this.timers.set(key, { due: this.now + delayMs, callback });
    return () => this.timers.delete(key);
  }

  advance(ms: number): void {
    this.now += ms;
    for (const [key, timer] of [...this.timers]) {
      if (timer.due > this.now || !this.timers.delete(key)) continue;
      timer.callback();
    }
  }
}

/** An executor of a pool with 8 units, a heartbeat of 1 s and a grace of 500 ms. */
export function openExecutor(factory: ExecutorFactory, limits: { runsMax?: number } = {}) {
  const events = new Recorder();
  const clock = new HandClock();
  const options = { pool: 'llm', maxUnits: 8, heartbeatMs: 1000, killGraceMs: 500, clock, ...limits };
  return { events, clock, executor: factory(events, options) };
}
