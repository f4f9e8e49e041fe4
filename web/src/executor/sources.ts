import { checkFunction, checkObject } from '../checked.js';
import type { Clock } from '../clock.js';
import type { PoolFacts } from '../pool.js';
import { type ConnectedPages, delegatedExecutor } from './delegate/index.js';
import type { ExecutorFactory } from './executor.js';
import { type Handler, inlineExecutor } from './inline.js';
import { type WorkerSource, workerExecutor } from './workers/worker-executor.js';

/** What runs the tasks of the pools, by their names. */
export interface ExecutorSources<Handlers> {
  /** Functions that run a pool's tasks in this realm. */
  handlers?: Handlers & AnyHandlers; // whose type gives the context of one that is written in place
  /**
   * Makers of module workers that call `serveTasks`, with `{ create, size }` for more than the default. In a shared or
   * service worker the pages that call `serveDelegatedWorkers` lend theirs to these pools and to those whose runtime is
   * `web_worker`; while there is none the pool's handler runs the tasks, or they stay parked.
   */
  workers?: Record<string, WorkerSource>;
  /** Executors of the caller's own. */
  executors?: Record<string, ExecutorFactory>;
}

// biome-ignore lint/suspicious/noExplicitAny: a handler of any payload may stand here
export type AnyHandlers = Record<string, Handler<any, any>>;

export function executorOptions(pool: PoolFacts, clock: Clock) {
  const { name, maxUnits, runsMax, heartbeatMs, killGraceMs } = pool;
  return { pool: name, maxUnits, runsMax, heartbeatMs, killGraceMs, clock };
}

/**
 * The executor of each pool that has one: a caller's own, else workers, else a handler. Shared and service workers have
 * no workers: `pages` lend theirs, and the handler does what no page is there for.
 */
export function factoriesOf(
  options: ExecutorSources<AnyHandlers>,
  pools: readonly PoolFacts[],
  pages: ConnectedPages | undefined,
): Map<string, ExecutorFactory> {
  const factories = new Map<string, ExecutorFactory>();
  const known = pools.map((pool) => pool.name);
  const take = <T>(
    option: string,
    given: Record<string, T> | undefined,
    make: (value: T, field: string) => ExecutorFactory,
  ) => {
    if (given === undefined) return;
    checkObject(option, given, known);
    for (const [name, value] of Object.entries(given)) {
      const field = `${option}.${name}`;
      const factory = make(value, field);
      if (!factories.has(name)) factories.set(name, factory);
    }
  };
  take('executors', options.executors, (factory, field) => {
    checkFunction(field, factory);
    return factory;
  });
  for (const { name, isForWorkers } of pages === undefined ? [] : pools) {
    if (factories.has(name) || !(isForWorkers || options.workers?.[name])) continue;
    const handler = options.handlers?.[name];
    factories.set(name, delegatedExecutor(pages!, handler && inlineExecutor(handler)));
  }
  take('workers', options.workers, workerExecutor);
  take('handlers', options.handlers, (handler, field) => {
    checkFunction(field, handler);
    return inlineExecutor(handler);
  });
  return factories;
}
