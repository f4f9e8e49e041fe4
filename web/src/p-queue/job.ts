import type { Leave } from './gate.js';
import type { AddOptions, Cost } from './options.js';

export type JobFunction<T> = (options: { signal?: AbortSignal }) => T | PromiseLike<T>;

export interface RunningTask {
  readonly id: string;
  readonly priority: number;
  readonly startTime: number;
  readonly timeout: number | undefined;
  readonly timeoutRemaining: number | undefined;
}

export type EventMap = {
  active: [];
  idle: [];
  empty: [];
  add: [];
  next: [];
  pendingZero: [];
  rateLimit: [];
  rateLimitCleared: [];
  completed: [result: unknown];
  error: [error: unknown];
};

export interface Job {
  /** As given, for queues of the user's own. */
  readonly options: AddOptions & { readonly id: string };
  readonly cost: Cost;
  /** Of the concurrency. */
  readonly units: number;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number | undefined;
  startTime: number;
  leave: Leave | undefined; // when it has begun
}
