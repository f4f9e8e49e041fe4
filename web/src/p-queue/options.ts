import type { Pool } from '../pool.js';
import type { JobQueue } from './priority-queue.js';

export interface Options {
  /** Units that jobs may use at once; a job uses one unless it says otherwise. Default: endless. */
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
  /** Jobs take their units from this pool of a lot, and share it with whoever uses it too. */
  readonly pool?: Pool;
}

export interface AddOptions {
  readonly priority?: number;
  readonly id?: string;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  /** What the job costs of the concurrency. Default: 1. */
  readonly units?: number;
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

export function checkedUnits(units: unknown, concurrency: number): number {
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
