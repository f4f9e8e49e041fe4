import type { LotConfig } from '../config.js';
import { ParkingLot } from '../parking-lot.js';
import type { Cost } from './options.js';
import type { StartLimit } from './start-limit.js';

/** Leave for one job to begin. */
export interface Leave {
  /** Settles as the job does, or rejects with what kept it from running. */
  run<T>(job: () => Promise<T>): Promise<T>;
}

/** What lets jobs start: a pool of the user's, or one of the queue's own. */
export interface Gate {
  /** Units of the pool, of the scarcest resource where it counts several. */
  readonly capacity: number;
  /** Something is waited for. */
  readonly isWaiting: boolean;
  /** Leave for a job that can begin at once; undefined: it has to wait, with `waitFor`. */
  enter(cost: Cost, signal: AbortSignal | undefined): Leave | undefined;
  /** Waits until the cost is free; instead of what was waited for before. */
  waitFor(cost: Cost): void;
  stopWaiting(): void;
}

type OwnLot = ParkingLot<LotConfig, Record<never, never>>;

/**
 * An in-memory pool with as many units as jobs may use at once; its queue counts them. Opens with the first job, and
 * closes when it is idle.
 */
export class OwnGate implements Gate {
  readonly isWaiting = false;
  private opening: Promise<OwnLot> | undefined;
  private lot: OwnLot | undefined;
  private jobs = 0;
  private isRetired = false;

  constructor(
    readonly capacity: number,
    /** What is to begin has to wait for the lot to open. */
    private readonly limit: Pick<StartLimit, 'delay' | 'goOn'>,
  ) {}

  enter(cost: Cost): Leave {
    void this.open(); // before the start is counted; `run` hears whether it failed
    return { run: (job) => this.run(job, cost) };
  }
  waitFor(): void {}
  stopWaiting(): void {}

  /** No further job comes. */
  retire(): void {
    this.isRetired = true;
    this.closeIfDone();
  }

  private async run<T>(job: () => Promise<T>, units: Cost): Promise<T> {
    this.jobs += 1;
    try {
      const lot = this.lot ?? (await this.open());
      return await lot.pool('queue').run(job, { units });
    } finally {
      this.jobs -= 1;
      this.closeIfDone();
    }
  }

  private open(): Promise<OwnLot> {
    this.opening ??= this.openLot();
    return this.opening;
  }

  private async openLot(): Promise<OwnLot> {
    const max_units = Math.min(Math.floor(this.capacity), Number.MAX_SAFE_INTEGER);
    const config: LotConfig = { pools: { queue: { max_units } }, audit: { memory_events: 0 } };
    this.limit.delay();
    try {
      this.lot = await ParkingLot.open(config);
      return this.lot;
    } finally {
      this.limit.goOn();
    }
  }

  private closeIfDone(): void {
    if (this.isRetired && this.jobs === 0) void this.lot?.close();
  }
}
