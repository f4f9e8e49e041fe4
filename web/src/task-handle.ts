import type { ParkingLotError } from './errors.js';
import { errorOf, type Outcome } from './outcome.js';
import { Feed } from './progress.js';

/** How a task is going, for those who wait for it: its end, once, and its progress before. */
export abstract class TaskHandle<Result> {
  protected end: Outcome<Result> | undefined;
  private waiting:
    | { resolve(outcome: Outcome<Result>): void; reject(error: ParkingLotError): void }[]
    | undefined;
  private feeds: Set<Feed<unknown>> | undefined;
  private lastProgress: { value: unknown } | undefined;

  /** Why no end will come any more. */
  protected abstract get over(): ParkingLotError | undefined;

  /** How the task ended. Never rejects for the task's own failure, only when the lot is closed or broken before. */
  outcome(): Promise<Outcome<Result>> {
    if (this.end) return Promise.resolve(this.end);
    if (this.over) return Promise.reject(this.over);
    return new Promise((resolve, reject) => {
      this.waiting ??= [];
      this.waiting.push({ resolve, reject });
    });
  }

  /** What the task returned. Rejects with its own error if it failed, else with a ParkingLotError. */
  async result(): Promise<Result> {
    const outcome = await this.outcome();
    if (outcome.status === 'completed' && !outcome.resultError) return outcome.result as Result;
    throw errorOf(outcome);
  }

  /** What the task reports while it runs, from its latest report on; ends with the task. */
  progress(): AsyncIterableIterator<unknown> {
    const feed = new Feed<unknown>(() => this.feeds?.delete(feed));
    if (this.lastProgress) feed.push(this.lastProgress.value);
    if (this.end || this.over) {
      feed.end();
      return feed;
    }
    this.feeds ??= new Set();
    this.feeds.add(feed);
    return feed;
  }

  /** For the submission alone. @internal */
  settle(outcome: Outcome<Result>): void {
    this.end = outcome;
    for (const each of this.waiting ?? []) each.resolve(outcome);
    this.endFeeds();
  }

  /** For the submission alone. @internal */
  abandon(error: ParkingLotError): void {
    for (const each of this.waiting ?? []) each.reject(error);
    this.endFeeds();
  }

  /** For the submission alone. @internal */
  report(value: unknown): void {
    this.lastProgress = { value };
    for (const feed of this.feeds ?? []) feed.push(value);
  }

  private endFeeds(): void {
    this.waiting = undefined;
    for (const feed of this.feeds ?? []) feed.end();
    this.feeds = undefined;
  }
}
