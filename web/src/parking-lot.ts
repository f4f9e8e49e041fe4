import { Audit } from './audit.js';
import { type Clock, systemClock } from './clock.js';
import type { LotConfig, MailboxKey, PayloadOf, ResultOf } from './config.js';
import { type ConfigIssue, invalid, ParkingLotError } from './errors.js';
import {
  acceptPages,
  type ConnectedPages,
  delegatedExecutor,
  mustDelegate,
} from './executor/delegate/index.js';
import type { ExecutorFactory } from './executor/executor.js';
import { type Handler, inlineExecutor } from './executor/inline.js';
import { type WorkerSource, workerExecutor } from './executor/workers/worker-executor.js';
import { ExecutorPort, realmExecutor } from './executor-port.js';
import { Host } from './host.js';
import { Mailbox } from './mailbox.js';
import { NameCache } from './names.js';
import { ownRealm, Pool, type PoolFacts, type PoolStats } from './pool.js';
import { nearest } from './spelling.js';
import { checkMailboxKey, SpecReader } from './task-spec.js';
import { Core } from './wasm/core.js';
import type { WasmSource } from './wasm/load.js';
import { endlessCredits } from './wasm/raw.js';

/** How a lot runs its tasks. Every part names pools of the config. */
export interface OpenOptions<Handlers> {
  /** Functions that run a pool's tasks in this realm. */
  handlers?: Handlers;
  /**
   * Makers of module workers that call `serveTasks`, with `{ create, size }` for more than the default. In a shared or
   * service worker the pages that call `serveDelegatedWorkers` lend theirs to these pools and to those whose runtime is
   * `web_worker`; while there is none the pool's handler runs the tasks, or they stay parked.
   */
  workers?: Record<string, WorkerSource>;
  /** Executors of the caller's own. */
  executors?: Record<string, ExecutorFactory>;
  /** The WebAssembly module, for those who load it themselves. */
  wasm?: WasmSource | Promise<WasmSource>;
  /** Clocks and timers; `manualClock()` of `prometheus-parking-lot/testing` in tests. */
  clock?: Clock;
  /** Variables for `${NAME}` in the config; default: those of the process, where there is one. */
  environment?: Record<string, string | undefined>;
  /** 128 random bits in two halves, that name leases and tasks; fixed in tests, random by default. */
  entropy?: readonly [bigint, bigint];
}

export interface PoolHealth extends PoolStats {
  readonly durability: 'volatile';
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  /** What a crash of this realm leaves of the tasks: nothing. */
  readonly durability: 'volatile';
  readonly pools: Readonly<Record<string, PoolHealth>>;
  /** Bytes that the core holds for tasks, queues, indexes and messages. */
  readonly memoryBytes: number;
}

// biome-ignore lint/suspicious/noExplicitAny: a handler of any payload may stand here
type AnyHandlers = Record<string, Handler<any, any>>;
type PoolName<C extends LotConfig> = keyof C['pools'] & string;
type HandlerOf<H, Name> = Name extends keyof H ? H[Name] : unknown;

/** Old browsers have no `Symbol.asyncDispose`; then nobody can ask for it either. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);

interface Opened {
  issues: ConfigIssue[];
  unavailable?: ConfigIssue[];
  config?: { pools: Record<string, EffectivePool> };
}

interface EffectivePool {
  max_units: number;
  heartbeat_secs: number;
  kill_grace_secs: number;
  default_timeout_secs?: number;
  runtime?: string;
}

/**
 * A scheduler with its pools, mailboxes and audit trail.
 *
 *     const lot = await ParkingLot.open({ pools: { gpu: { max_units: 8 } } });
 *     const answer = await lot.pool('gpu').run(() => generate(prompt), { units: 4 });
 */
export class ParkingLot<C extends LotConfig = LotConfig, H = unknown> implements AsyncDisposable {
  /** What happened, by subject and time. */
  readonly audit: Audit;
  /** Doubts about the config that did not keep it from being opened. */
  readonly warnings: readonly ConfigIssue[];
  private readonly pools = new Map<string, Pool<never, never>>();
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly host: Host,
    private readonly facts: readonly PoolFacts[],
    warnings: readonly ConfigIssue[],
    private readonly unhook: () => void,
  ) {
    this.audit = new Audit(host);
    this.warnings = warnings;
    const names = new NameCache(host.core);
    const reader = new SpecReader(names, () => host.clock.wall());
    for (const each of facts) this.pools.set(each.name, new Pool(host, each, reader, names));
  }

  /**
   * Opens a lot. Throws a ParkingLotError `invalid_config` with all that is wrong, `unavailable` with all that this
   * build does not have yet, such as durable storage.
   */
  static async open<const C extends LotConfig, H extends AnyHandlers = Record<never, never>>(
    config: C,
    options: OpenOptions<H> = {},
  ): Promise<ParkingLot<C, H>> {
    // Before the first await: a shared worker's first page connects right after the script has been evaluated.
    const pages = mustDelegate() ? acceptPages() : undefined;
    const core = await Core.load(options.wasm);
    const clock = options.clock ?? systemClock;
    const text = JSON.stringify(config) ?? 'null';
    const [high, low] = options.entropy ?? randomEntropy();
    const opened = JSON.parse(
      core.raw.openLot(
        text,
        environmentText(text, options.environment),
        clock.wall(),
        clock.steady(),
        high,
        low,
      ),
    ) as Opened;
    refuseUnusable(opened);
    const facts = Object.entries(opened.config!.pools).map(([name, pool]) => factsOf(core, name, pool));
    const factories = factoriesOf(options, facts, pages);
    const host = new Host(core, clock);
    for (const pool of facts) {
      core.raw._pl_executor_ready(pool.index, realmExecutor, ownRealm, endlessCredits, 0);
      const factory = factories.get(pool.name);
      if (factory)
        host.ports[pool.index] = new ExecutorPort(host, pool.index, factory, executorOptions(pool, clock));
    }
    host.schedule();
    return new ParkingLot<C, H>(host, facts, opened.issues, tickWhenVisible(host));
  }

  /** One pool of the config; `unknown_pool` for a name that is not in it. */
  pool<Name extends PoolName<C>>(
    name: Name,
  ): Pool<PayloadOf<C['pools'][Name], HandlerOf<H, Name>>, ResultOf<C['pools'][Name], HandlerOf<H, Name>>> {
    const pool = this.pools.get(name);
    if (!pool) {
      const known = [...this.pools.keys()];
      const meant = nearest(String(name), known);
      const hint = meant ? `did you mean ${meant}?` : `the config has ${known.join(', ')}`;
      throw new ParkingLotError('unknown_pool', `No pool is named ${JSON.stringify(name)}; ${hint}`, {
        field: 'pool',
      });
    }
    return pool as never;
  }

  /** The mailbox with exactly this key. */
  mailbox(key: MailboxKey): Mailbox {
    return new Mailbox(this.host, checkMailboxKey('mailbox', key, 'invalid_argument'));
  }

  /** Whether everything works, and the figures of each pool. */
  async health(): Promise<Health> {
    const pools: Record<string, PoolHealth> = {};
    for (const { name } of this.facts) {
      pools[name] = { ...(await this.pools.get(name)!.stats()), durability: 'volatile' };
    }
    const isDegraded = Object.values(pools).some((pool) => pool.storage !== 'open' || pool.deliveryHeld);
    return {
      status: isDegraded ? 'degraded' : 'ok',
      durability: 'volatile',
      pools,
      memoryBytes: this.host.core.raw._pl_memory_bytes(),
    };
  }

  /**
   * Ends the lot: running functions have their signals aborted, workers are terminated, and every promise that has not
   * settled rejects with `closed`. Resolves when nothing is left; calling it again does no harm.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  async [asyncDispose](): Promise<void> {
    await this.close();
  }

  private async shutDown(): Promise<void> {
    this.unhook();
    this.host.stop(new ParkingLotError('closed', 'The lot was closed; open another one.'));
    await Promise.all(this.host.ports.map((port) => port?.close()));
    if (this.host.core.abortReason === undefined) this.host.core.raw.closeLot();
  }
}

function refuseUnusable(opened: Opened): void {
  const errors = opened.issues.filter((issue) => issue.severity === 'error');
  if (errors.length > 0) {
    throw new ParkingLotError('invalid_config', `The config cannot be used: ${listed(errors)}`, {
      issues: errors,
    });
  }
  const unavailable = opened.unavailable ?? [];
  if (unavailable.length > 0) {
    throw new ParkingLotError(
      'unavailable',
      `The config asks for what is not there: ${listed(unavailable)}`,
      {
        issues: unavailable,
      },
    );
  }
}

function listed(issues: readonly ConfigIssue[]): string {
  return issues.map(({ path, message }) => `${path}: ${message}`).join(' ');
}

function factsOf(core: Core, name: string, pool: EffectivePool): PoolFacts {
  return {
    name,
    index: core.raw.poolIndex(name),
    maxUnits: pool.max_units,
    heartbeatMs: pool.heartbeat_secs * 1000,
    killGraceMs: pool.kill_grace_secs * 1000,
    defaultTimeoutMs: (pool.default_timeout_secs ?? 0) * 1000,
    isForWorkers: pool.runtime === 'web_worker',
  };
}

function executorOptions(pool: PoolFacts, clock: Clock) {
  const { name, maxUnits, heartbeatMs, killGraceMs } = pool;
  return { pool: name, maxUnits, heartbeatMs, killGraceMs, clock };
}

/**
 * The executor of each pool that has one: a caller's own, else workers, else a handler. Shared and service workers have
 * no workers: `pages` lend theirs, and the handler does what no page is there for.
 */
function factoriesOf(
  options: OpenOptions<AnyHandlers>,
  pools: readonly PoolFacts[],
  pages: ConnectedPages | undefined,
): Map<string, ExecutorFactory> {
  const factories = new Map<string, ExecutorFactory>();
  const known = pools.map((pool) => pool.name);
  const take = <T>(
    option: string,
    given: Record<string, T> | undefined,
    make: (value: T) => ExecutorFactory,
  ) => {
    for (const [name, value] of Object.entries(given ?? {})) {
      const field = `${option}.${name}`;
      if (!known.includes(name))
        throw invalid('invalid_argument', field, `must name one of the pools ${known.join(', ')}`, name);
      if (!factories.has(name)) factories.set(name, make(value));
    }
  };
  take('executors', options.executors, (factory) => factory);
  for (const { name, isForWorkers } of pages === undefined ? [] : pools) {
    if (factories.has(name) || !(isForWorkers || options.workers?.[name])) continue;
    const handler = options.handlers?.[name];
    factories.set(name, delegatedExecutor(pages!, handler && inlineExecutor(handler)));
  }
  take('workers', options.workers, workerExecutor);
  take('handlers', options.handlers, inlineExecutor);
  return factories;
}

/** Only the variables that the config mentions cross into the core: name, NUL, value, NUL, … */
function environmentText(config: string, given: Record<string, string | undefined> | undefined): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const environment = given ?? process?.env ?? {};
  let text = '';
  for (const [, name] of config.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)) {
    const value = environment[name!];
    if (value !== undefined) text += `${name}\0${value}\0`;
  }
  return text;
}

function randomEntropy(): [bigint, bigint] {
  const [high, low] = crypto.getRandomValues(new BigUint64Array(2));
  return [high!, low!];
}

/** A hidden page's timers are late; what is due is done when it is seen again. Answers how to stop that. */
function tickWhenVisible(host: Host): () => void {
  if (typeof document === 'undefined') return () => undefined;
  const onChange = () => {
    if (document.visibilityState === 'visible') host.tick();
  };
  document.addEventListener('visibilitychange', onChange);
  return () => document.removeEventListener('visibilitychange', onChange);
}
