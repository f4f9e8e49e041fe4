import { ParkingLotError } from '../errors.js';
import type { Pool } from '../pool.js';
import type { PoolStats } from '../pool-stats.js';
import { refusalSentence } from '../refusal.js';
import type { Gate, Leave } from './gate.js';
import type { Cost } from './options.js';

/** The pool may take later what it refuses so now. */
const passing: readonly string[] = ['queue_full', 'busy', 'storage_unavailable'];
const once = { maxAttempts: 1 }; // as in p-queue, whatever the pool does with its tasks
const lookMs = 250;
const retryMs = { least: 10, most: 1000 };

/** A place in the pool's queue, for whichever job of this cost is first when its turn comes. */
interface Place {
  readonly cost: Cost;
  readonly abort: AbortController;
  retry: ReturnType<typeof setTimeout> | undefined;
  /** Looks whether the pool was made too small for it; the pool itself would wait until it is larger again. */
  look: ReturnType<typeof setInterval> | undefined;
  /** Settles as the job does that runs in it. */
  run: Promise<unknown> | undefined;
  /** Its turn has come: takes what is to run, or nothing. */
  begin: ((running: Promise<unknown> | undefined) => void) | undefined;
  /** Whoever enters hears why from `run`. */
  isRefused: boolean;
}

/**
 * A pool that others may use too. Jobs wait in their own queue, and one place in the pool's stands for the first of
 * them: so the order stays with the queue, and the pool's depth does not limit it.
 */
export class SharedGate implements Gate {
  private place: Place | undefined;
  private seen: PoolStats | undefined;

  constructor(
    private readonly pool: Pool,
    /** The cost waited for is free, or can never be: `enter` gives leave, until `stopWaiting`. */
    private readonly onTurn: () => void,
  ) {
    if (!this.look()) this.ask().catch(() => undefined);
  }

  get capacity(): number {
    const figures = this.look();
    return figures ? scarcest(figures)[1] : Number.POSITIVE_INFINITY;
  }

  get isWaiting(): boolean {
    return this.place !== undefined;
  }

  enter(cost: Cost, signal: AbortSignal | undefined): Leave | undefined {
    if (this.place !== undefined) return this.enterAt(this.place, cost);
    const figures = this.look();
    if (!figures || !this.isAtHand) return undefined;
    const spread = spreadOver(figures, cost);
    if (figures.state !== 'active' || figures.parked > 0 || !fits(spread, figures, 'now')) return undefined;
    return { run: (job) => this.runNow(job, spread, signal) };
  }

  waitFor(cost: Cost): void {
    if (this.place !== undefined && sameCost(this.place.cost, cost)) return;
    this.stopWaiting();
    this.place = {
      cost,
      abort: new AbortController(),
      retry: undefined,
      look: undefined,
      run: undefined,
      begin: undefined,
      isRefused: false,
    };
    void this.take(this.place);
  }

  stopWaiting(): void {
    const { place } = this;
    this.place = undefined;
    if (!place) return;
    clearTimeout(place.retry);
    clearInterval(place.look);
    if (place.begin) place.begin(undefined);
    else place.abort.abort();
  }

  private enterAt(place: Place, cost: Cost): Leave | undefined {
    if (!(place.begin || place.isRefused) || !sameCost(place.cost, cost)) return undefined;
    this.place = undefined;
    clearInterval(place.look);
    return {
      run: <T>(job: () => Promise<T>) => {
        if (place.isRefused) return place.run as Promise<T>;
        place.begin!(job());
        return place.run as Promise<T>;
      },
    };
  }

  private async take(place: Place): Promise<void> {
    const figures = this.look() ?? (await this.ask().catch(() => undefined));
    if (this.place !== place) return;
    const units = figures ? spreadOver(figures, place.cost) : place.cost;
    place.look ??= whileAlive(() => void this.refuseTooLarge(place));
    place.run = this.pool.run(() => this.turn(place), { units, retry: once, signal: place.abort.signal });
    place.run.catch((error: unknown) => {
      if (this.place !== place || place.isRefused) return; // whoever runs in it has the error, or nobody waits any more
      if (isPassing(error)) place.retry = setTimeout(() => void this.take(place), pauseAfter(error));
      else this.refuse(place);
    });
  }

  /** Whoever enters at this place hears from its `run` why. */
  private refuse(place: Place): void {
    clearInterval(place.look);
    place.isRefused = true;
    this.onTurn();
  }

  private async refuseTooLarge(place: Place): Promise<void> {
    const figures = this.isAtHand ? this.look() : await this.ask().catch(() => undefined);
    if (!figures || this.place !== place || place.begin || place.isRefused) return;
    if (figures.state !== 'active' || fits(spreadOver(figures, place.cost), figures, 'empty')) return;
    const sentence = refusalSentence('cost_exceeds_capacity', 'units');
    place.run = Promise.reject(new ParkingLotError('cost_exceeds_capacity', sentence, { field: 'units' }));
    place.run.catch(() => undefined);
    this.refuse(place);
    place.abort.abort();
  }

  /** The units are there. */
  private turn(place: Place): Promise<unknown> | undefined {
    if (this.place !== place) return undefined;
    return new Promise((resolve) => {
      place.begin = resolve;
      void this.offer(place);
    });
  }

  private async offer(place: Place): Promise<void> {
    // Of the job whose end made room the queue hears some microtasks later, and starts the next one then by itself.
    for (let i = 0; i < 10; i += 1) await undefined;
    if (this.place === place) this.onTurn();
  }

  /** Its figures can be had at once: this realm has the core. */
  private get isAtHand(): boolean {
    return typeof this.pool.figures === 'function';
  }

  /** The latest figures; those of a lot that is over are old, and it says so to whoever runs something. */
  private look(): PoolStats | undefined {
    if (this.isAtHand && this.pool.isOpen) this.seen = this.pool.figures();
    return this.seen;
  }

  private async ask(): Promise<PoolStats> {
    this.seen = await this.pool.stats();
    return this.seen;
  }

  private async runNow<T>(job: () => Promise<T>, units: Cost, signal: AbortSignal | undefined): Promise<T> {
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      return job();
    };
    for (;;) {
      try {
        return await this.pool.run(begin, { units, retry: once, ...(signal && { signal }) });
      } catch (error) {
        if (hasBegun || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseAfter(error)));
      }
    }
  }
}

/** Again and again; keeps no process from ending. */
function whileAlive(look: () => void): ReturnType<typeof setInterval> {
  const timer = setInterval(look, lookMs);
  (timer as { unref?(): void }).unref?.();
  return timer;
}

function isPassing(error: unknown): error is ParkingLotError {
  return error instanceof ParkingLotError && passing.includes(error.code);
}

function pauseAfter(error: ParkingLotError): number {
  return Math.min(Math.max(error.retryAfterMs ?? 0, retryMs.least), retryMs.most);
}

/** Of which the pool has least; without a name where it counts units. */
function scarcest(figures: PoolStats): readonly [string | undefined, number] {
  if (typeof figures.unitsMax === 'number') return [undefined, figures.unitsMax];
  return Object.entries(figures.unitsMax).reduce((least, each) => (each[1] < least[1] ? each : least));
}

/** A plain number means the scarcest resource, where the pool counts several. */
function spreadOver(figures: PoolStats, cost: Cost): Cost {
  const [name] = scarcest(figures);
  return typeof cost === 'number' && name !== undefined ? { [name]: cost } : cost;
}

/** Whether it fits beside what runs now, or into the pool when nothing runs. */
function fits(cost: Cost, figures: PoolStats, when: 'now' | 'empty'): boolean {
  const used = (inUse: number) => (when === 'now' ? inUse : 0);
  if (typeof cost === 'number') {
    const { unitsInUse, unitsMax } = figures;
    return typeof unitsMax === 'number' && used(unitsInUse as number) + cost <= unitsMax;
  }
  return Object.entries(cost).every(([name, units]) => {
    const resource = figures.resources?.[name];
    return resource !== undefined && used(resource.unitsInUse) + units <= resource.unitsMax;
  });
}

function sameCost(one: Cost, other: Cost): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
