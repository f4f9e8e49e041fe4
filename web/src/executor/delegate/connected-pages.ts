import type { ExecutorOptions, Run } from '../executor.js';
import { type LineOpener, overPort } from './line.js';
import { Page } from './page.js';
import {
  type Announcement,
  type LotMessage,
  type PageMessage,
  type PagesWanted,
  readMessage,
} from './protocol.js';

/** A pool of this realm that runs its tasks in pages. */
export interface PageUser {
  readonly options: ExecutorOptions;
  /** A page came, went, or has more or fewer places. */
  pagesChanged(): void;
  poolClosed(page: Page): void;
}

/** The pages that lend their workers to the lots of this shared or service worker. */
export class ConnectedPages {
  private readonly pages = new Set<Page>();
  private readonly users = new Map<string, PageUser>();

  /** Takes a page's `connect`: from now on its workers are used by the pools that it names. */
  accept(port: MessagePort, announced: { readonly pools: readonly string[]; readonly lock?: string }): void {
    this.add(overPort(port), announced);
  }

  /** The same over any line. */
  add(
    openLine: LineOpener<LotMessage, PageMessage>,
    announced: { readonly pools: readonly string[]; readonly lock?: string },
  ): Page {
    const page = new Page(openLine, new Set(announced.pools), announced.lock, {
      placesChanged: (_page, pool) => this.users.get(pool)?.pagesChanged(),
      poolClosed: (closed, pool) => this.users.get(pool)?.poolClosed(closed),
      gone: (gone) => this.gone(gone),
    });
    this.pages.add(page);
    for (const [pool, user] of this.users) {
      if (page.pools.has(pool)) page.openPool(user.options);
    }
    return page;
  }

  /** The page has workers for one more pool. */
  extend(page: Page, pool: string): void {
    page.pools.add(pool);
    const user = this.users.get(pool);
    if (user !== undefined) page.openPool(user.options);
  }

  protected gone(page: Page): void {
    this.pages.delete(page);
    for (const pool of page.pools) this.users.get(pool)?.pagesChanged();
  }

  /** The page in which this run is to be done: the one with most free places. */
  pageFor({ pool }: Run): Page | undefined {
    return this.of(pool).sort((a, b) => b.free(pool) - a.free(pool))[0];
  }

  /** The connected pages that have workers for this pool. */
  of(pool: string): Page[] {
    return [...this.pages].filter((page) => page.pools.has(pool));
  }

  /** Opens the pool in every page, also in those that come later. Throws if another lot has not left it yet. */
  use(user: PageUser): void {
    const { pool } = user.options;
    if (this.users.has(pool)) {
      throw new Error(
        `pool ${pool} already runs its tasks in the pages: close the other lot of this worker first`,
      );
    }
    this.users.set(pool, user);
    for (const page of this.of(pool)) page.openPool(user.options);
  }

  leave(user: PageUser): void {
    if (this.users.get(user.options.pool) === user) this.users.delete(user.options.pool);
  }
}

interface MessageLike {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
}

/** What shared and service workers have, as far as it is used here. */
interface WorkerScope {
  readonly SharedWorkerGlobalScope?: unknown;
  readonly ServiceWorkerGlobalScope?: unknown;
  readonly clients?: {
    matchAll(options: {
      includeUncontrolled: boolean;
    }): Promise<ReadonlyArray<{ postMessage(message: unknown): void }>>;
  };
  addEventListener(type: 'connect' | 'message', listener: (event: MessageLike) => void): void;
}

let accepted: ConnectedPages | undefined;

/** True in shared and service workers: they have no workers of their own. */
export function mustDelegate(): boolean {
  const scope = globalThis as unknown as WorkerScope;
  return scope.SharedWorkerGlobalScope !== undefined || scope.ServiceWorkerGlobalScope !== undefined;
}

/**
 * Listens for pages that call `serveDelegatedWorkers`. Call it while the worker's script is first evaluated, before any
 * `await`, because a shared worker's first `connect` and a service worker's first messages come right after that.
 * Repeated calls answer the same pages.
 */
export function acceptPages(): ConnectedPages {
  if (accepted !== undefined) return accepted;
  if (!mustDelegate()) {
    throw new Error(
      'acceptPages is for shared and service workers; elsewhere workers run without a page in between',
    );
  }
  const pages = new ConnectedPages();
  const scope = globalThis as unknown as WorkerScope;
  const hear = (event: MessageLike): void => {
    const message = readMessage<Announcement>(event.data);
    const port = event.ports[0];
    if (message?.parkingLot === 'connect' && port !== undefined) pages.accept(port, message);
  };
  scope.addEventListener('message', hear);
  scope.addEventListener('connect', ({ ports }) => {
    for (const port of ports) {
      port.addEventListener('message', hear);
      port.start();
    }
  });
  void callPages(scope);
  accepted = pages;
  return pages;
}

/** A service worker that was ended and started again has pages which believe that they are connected. */
async function callPages(scope: WorkerScope): Promise<void> {
  const wanted: PagesWanted = { parkingLot: 'pages wanted' };
  for (const client of (await scope.clients?.matchAll({ includeUncontrolled: true })) ?? [])
    client.postMessage(wanted);
}
