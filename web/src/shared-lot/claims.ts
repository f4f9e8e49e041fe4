import { ConnectedPages } from '../executor/delegate/connected-pages.js';
import type { Page } from '../executor/delegate/page.js';
import type { Executor, ExecutorFactory, Run } from '../executor/executor.js';
import { keyOf, type TaskRef } from './protocol.js';

/**
 * Runs of the reign before that go on in their realms, until their tasks are started again, and then go on as the new
 * runs; or until they have ended. While a pool has such claims nothing else starts in it: the units that they use are
 * not known to the scheduler.
 */
export class Claims {
  private readonly pages = new Map<string, Page>();
  private readonly open = new Map<string, number>();
  private readonly waiting = new Map<string, Set<() => void>>();

  add(page: Page, task: TaskRef): void {
    const key = keyOf(task);
    if (this.pages.has(key)) return;
    this.pages.set(key, page);
    this.open.set(task.pool, (this.open.get(task.pool) ?? 0) + 1);
  }

  /** Where the run is under way already. The claim is met. */
  take(run: TaskRef): Page | undefined {
    const page = this.pages.get(keyOf(run));
    if (page !== undefined) this.settle(run);
    return page;
  }

  has(run: TaskRef): boolean {
    return this.pages.has(keyOf(run));
  }

  /** Its run has ended, or its realm. */
  settle(task: TaskRef): void {
    if (!this.pages.delete(keyOf(task))) return;
    const left = (this.open.get(task.pool) ?? 1) - 1;
    this.open.set(task.pool, left);
    if (left > 0) return;
    const waiting = [...(this.waiting.get(task.pool) ?? [])];
    this.waiting.delete(task.pool);
    for (const go of waiting) go();
  }

  /** Calls `go` once nothing is claimed in the pool, perhaps at once; the answer takes the call back. */
  whenNone(pool: string, go: () => void): (() => void) | undefined {
    if ((this.open.get(pool) ?? 0) === 0) {
      go();
      return undefined;
    }
    const waiting = this.waiting.get(pool) ?? new Set();
    this.waiting.set(pool, waiting.add(go));
    return () => waiting.delete(go);
  }

  /** The tasks whose runs are claimed by this page. */
  of(page: Page): TaskRef[] {
    const tasks: TaskRef[] = [];
    for (const [key, claimant] of this.pages) {
      const [pool, taskId] = key.split('\u0000');
      if (claimant === page) tasks.push({ pool: pool!, taskId: taskId! });
    }
    return tasks;
  }
}

/** Pages that keep the runs which they claim. */
export class ClaimingPages extends ConnectedPages {
  onGone: (page: Page) => void = () => undefined;

  constructor(readonly claims: Claims) {
    super();
  }

  override pageFor(run: Run): Page | undefined {
    return this.claims.take(run) ?? super.pageFor(run);
  }

  protected override gone(page: Page): void {
    super.gone(page);
    this.onGone(page);
  }
}

/** Holds back the runs that would use units of claimed ones. */
export function afterClaims(claims: Claims, factory: ExecutorFactory): ExecutorFactory {
  return (events, options) => {
    const inner: Executor = factory(events, options);
    const held = new Map<Run, () => void>();
    return {
      start(run) {
        if (claims.has(run)) return inner.start(run);
        const takeBack = claims.whenNone(run.pool, () => {
          held.delete(run);
          inner.start(run);
        });
        if (takeBack) held.set(run, takeBack);
      },
      stop(run, reason) {
        const takeBack = held.get(run);
        if (!takeBack) return inner.stop(run, reason);
        takeBack();
        held.delete(run);
        events.failed(run, new Error(`stopped before it began: ${reason}`), 'task_failed', true);
      },
      close() {
        for (const takeBack of held.values()) takeBack();
        held.clear();
        // The executors of the realms outlive the reign, with all that runs in them.
        return Promise.resolve();
      },
    };
  };
}
