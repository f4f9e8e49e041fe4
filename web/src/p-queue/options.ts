import { spell } from '../errors.js';
import type { Pool } from '../pool.js';
import type { JobQueue } from './priority-queue.js';

/** In a pool that counts several resources: of each. */
export type Cost = number | Readonly<Record<string, number>>;

export interface Options {
  /**
   * Units that jobs may use at once; a job uses one unless it says otherwise. Default: endless, or what the `pool` has.
   */
  readonly concurrency?: number;
  readonly autoStart?: boolean;
  readonly queueClass?: new () => JobQueue;
  /** Most starts in an interval. */
  readonly intervalCap?: number;
  readonly interval?: number;
  readonly carryoverIntervalCount?: boolean;
  /** `intervalCap` holds in any interval, not only in each of those that follow one another. */
  readonly strict?: boolean;
  /** Of a job's run, in milliseconds. */
  readonly timeout?: number;
  /**
   * Jobs take their units from this pool of a lot, and share it with whoever uses it too. They wait in this queue, in its
   * order, and one place in the pool's queue stands for the first of them.
   */
  readonly pool?: Pool;
}

export interface AddOptions {
  readonly priority?: number;
  readonly id?: string;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  /**
   * What the job costs of the concurrency. Default: 1. With a `pool` that counts several resources: of each, like
   * `{ cpu: 2 }`, and it counts as 1 of a concurrency that is given; a plain number is of the resource of which the pool
   * has least.
   */
  readonly units?: Cost;
}

export function checkLimits(intervalCap: unknown, interval: unknown, strict: boolean): void {
  if (!(typeof intervalCap === 'number' && intervalCap >= 1)) {
    throw new TypeError(
      `Expected \`intervalCap\` to be a number from 1 and up, got \`${intervalCap}\` (${typeof intervalCap})`,
    );
  }
  if (!(typeof interval === 'number' && Number.isFinite(interval) && interval >= 0)) {
    throw new TypeError(
      `Expected \`interval\` to be a finite number >= 0, got \`${interval}\` (${typeof interval})`,
    );
  }
  if (strict && interval === 0) throw new TypeError('The `strict` option requires a non-zero `interval`');
  if (strict && intervalCap === Number.POSITIVE_INFINITY) {
    throw new TypeError('The `strict` option requires a finite `intervalCap`');
  }
}

export function checkedConcurrency(units: unknown): number {
  if (typeof units === 'number' && units >= 1) return units;
  throw new TypeError(
    `Expected \`concurrency\` to be a number from 1 and up, got \`${units}\` (${typeof units})`,
  );
}

export function checkedTimeout(ms: number | undefined): number | undefined {
  if (ms === undefined || (Number.isFinite(ms) && ms > 0)) return ms;
  throw new TypeError(`Expected \`timeout\` to be a positive finite number, got \`${ms}\` (${typeof ms})`);
}

export function checkedPool(pool: unknown): Pool | undefined {
  const { run, stats } = (pool ?? {}) as Partial<Pool>;
  if (pool === undefined || (typeof run === 'function' && typeof stats === 'function')) return pool as Pool;
  throw new TypeError(
    `Expected \`pool\` to be a pool of an open lot (\`lot.pool(name)\`), got ${spell(pool)}`,
  );
}

/** `resources`: whether the cost may name them. */
export function checkedCost(units: unknown, concurrency: number, resources: 'named' | 'none'): Cost {
  const isNamed = typeof units === 'object' && units !== null && !Array.isArray(units);
  if (resources === 'named' && isNamed) return units as Cost;
  if (!Number.isSafeInteger(units) || (units as number) < 1) {
    throw new TypeError(`Expected \`units\` to be a whole number >= 1, got \`${units}\` (${typeof units})`);
  }
  if ((units as number) > concurrency) {
    throw new TypeError(
      `Expected \`units\` to be at most the concurrency (${concurrency}), got \`${units}\``,
    );
  }
  return units as number;
}
