import type {
  Executor,
  ExecutorEvents,
  ExecutorFactory,
  ExecutorOptions,
  Run,
  RunFailure,
} from '../executor.js';
import type { ConnectedPages, PageUser } from './connected-pages.js';
import type { Page } from './page.js';

/**
 * Runs the tasks of a pool in the workers of connected pages. While no page is connected they run in `inline`, if it
 * is given; without it there are no credits, and tasks stay parked.
 */
export function delegatedExecutor(pages: ConnectedPages, inline?: ExecutorFactory): ExecutorFactory {
  return (events, options) => new DelegatedExecutor(events, options, pages, inline);
}

/** Invariant: a live run is either in `lent` or in `inlined`. */
class DelegatedExecutor implements Executor, PageUser {
  private readonly lent = new Map<Run, Page>();
  private readonly inlined = new Set<Run>();
  private readonly inline: Executor | undefined;
  private inlinePlaces = 0;
  private closing: { readonly waitsFor: Set<Page>; readonly done: () => void } | undefined;
  private closed: Promise<void> | undefined;

  constructor(
    private readonly events: ExecutorEvents,
    readonly options: ExecutorOptions,
    private readonly pages: ConnectedPages,
    inline: ExecutorFactory | undefined,
  ) {
    this.inline = inline?.(this.inlineEvents(), options);
    pages.use(this);
    this.offer();
  }

  start(run: Run): void {
    const page = this.pages.pageFor(run);
    if (page !== undefined) {
      this.lent.set(run, page);
      page.start(run, this.lentEvents());
    } else if (this.inline !== undefined) {
      this.inlined.add(run);
      this.inline.start(run);
    } else {
      // The page went after the host had heard of its places; the task goes back to where it was parked.
      this.events.failed(
        run,
        new Error(`no page with workers for pool ${run.pool} is connected`),
        'lost',
        true,
      );
      this.offer();
    }
  }

  stop(run: Run, reason: string): void {
    if (this.inlined.has(run)) this.inline?.stop(run, reason);
    else this.lent.get(run)?.stop(run, reason);
  }

  close(): Promise<void> {
    this.lent.clear();
    this.inlined.clear();
    this.closed ??= Promise.all([this.inline?.close(), this.closePages()]).then(() => this.pages.leave(this));
    return this.closed;
  }

  pagesChanged(): void {
    if (this.closing !== undefined) this.checkClosed();
    else this.offer();
  }

  poolClosed(page: Page): void {
    this.closing?.waitsFor.delete(page);
    this.checkClosed();
  }

  /** Waits for the pages to have ended the pool's workers; a page that does not answer is not waited for long. */
  private closePages(): Promise<void> {
    const waitsFor = new Set(this.pages.of(this.options.pool));
    return new Promise((resolve) => {
      const giveUp = this.options.clock.after(2 * this.options.killGraceMs, resolve);
      const done = (): void => {
        giveUp();
        resolve();
      };
      this.closing = { waitsFor, done };
      for (const page of waitsFor) page.closePool(this.options.pool);
      this.checkClosed();
    });
  }

  private checkClosed(): void {
    const here = new Set(this.pages.of(this.options.pool));
    if ([...(this.closing?.waitsFor ?? [])].every((page) => !here.has(page))) this.closing?.done();
  }

  private offer(): void {
    if (this.closing !== undefined) return;
    const { pool } = this.options;
    const pages = this.pages.of(pool);
    const free =
      pages.length > 0
        ? pages.reduce((sum, page) => sum + Math.max(0, page.free(pool)), 0)
        : Math.max(0, this.inlinePlaces - this.inlined.size);
    this.events.credits(free);
  }

  private lentEvents(): ExecutorEvents {
    return this.forwarding(
      (run) => this.lent.delete(run),
      () => undefined,
    );
  }

  private inlineEvents(): ExecutorEvents {
    return this.forwarding(
      (run) => this.inlined.delete(run),
      (n) => {
        this.inlinePlaces = n + this.inlined.size;
        if (this.inline !== undefined) this.offer();
      },
    );
  }

  /** Passes reports on while the executor is open, and forgets a run that has ended. */
  private forwarding(forget: (run: Run) => boolean, credits: (n: number) => void): ExecutorEvents {
    const end = (run: Run, report: () => void): void => {
      if (!forget(run)) return;
      report();
      // An end gives its place back, and that need not be there any more: its page may have gone.
      this.offer();
    };
    return {
      credits,
      running: (run) => this.events.running(run),
      heartbeat: (run) => this.events.heartbeat(run),
      progress: (run, value) => this.events.progress(run, value),
      usage: (run, units) => this.events.usage(run, units),
      finished: (run, result) => end(run, () => this.events.finished(run, result)),
      failed: (run, error, reason: RunFailure, unitsFreed) =>
        end(run, () => this.events.failed(run, error, reason, unitsFreed)),
    };
  }
}
