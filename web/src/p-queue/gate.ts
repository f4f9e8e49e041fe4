import type { LotConfig } from '../config.js';
import { ParkingLot } from '../parking-lot.js';
import type { Pool } from '../pool.js';

/** What lets jobs start: a pool of the user's, or one of the queue's own. */
export interface Gate {
  run<T>(job: () => Promise<T>, units: number, signal: AbortSignal | undefined): Promise<T>;
}

/** A pool that may be shared with others: jobs park in it when they have taken the units. */
export class SharedGate implements Gate {
  constructor(private readonly pool: Pool) {}

  run<T>(job: () => Promise<T>, units: number, signal: AbortSignal | undefined): Promise<T> {
    return this.pool.run(job, signal ? { units, signal } : { units });
  }
}

type OwnLot = ParkingLot<LotConfig, Record<never, never>>;

/** An in-memory pool with as many units as jobs may use at once. Opens with the first job, and closes when it is idle. */
export class OwnGate implements Gate {
  private opening: Promise<OwnLot> | undefined;
  private lot: OwnLot | undefined;
  private jobs = 0;
  private isRetired = false;

  constructor(private readonly units: number) {}

  async run<T>(job: () => Promise<T>, units: number): Promise<T> {
    this.jobs += 1;
    try {
      const lot = this.lot ?? (await this.open());
      return await lot.pool('queue').run(job, { units });
    } finally {
      this.jobs -= 1;
      this.closeIfDone();
    }
  }

  /** No further job comes. */
  retire(): void {
    this.isRetired = true;
    this.closeIfDone();
  }

  private open(): Promise<OwnLot> {
    this.opening ??= this.openLot();
    return this.opening;
  }

  private async openLot(): Promise<OwnLot> {
    const max_units = Math.min(Math.floor(this.units), Number.MAX_SAFE_INTEGER);
    const config: LotConfig = { pools: { queue: { max_units } }, audit: { memory_events: 0 } };
    this.lot = await ParkingLot.open(config);
    return this.lot;
  }

  private closeIfDone(): void {
    if (this.isRetired && this.jobs === 0) void this.lot?.close();
  }
}
