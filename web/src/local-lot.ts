import { Audit } from './audit.js';
import { environmentText, factsOf, type OpenedConfig, refuseUnusable } from './checked-config.js';
import { systemClock } from './clock.js';
import type { LotConfig, MailboxKey } from './config.js';
import { configText } from './config-text.js';
import { type ConfigIssue, ParkingLotError } from './errors.js';
import { acceptPages, mustDelegate } from './executor/delegate/index.js';
import { type AnyHandlers, executorOptions, factoriesOf } from './executor/sources.js';
import { ExecutorPort, realmExecutor } from './executor-port.js';
import { HealthWatch } from './health.js';
import { Host } from './host.js';
import type { Health, LotHome, OpenOptions } from './lot-home.js';
import { Mailbox } from './mailbox.js';
import { NameCache } from './names.js';
import { ownRealm, Pool, type PoolFacts } from './pool.js';
import { builtStorage, recover, storageFor } from './recovery.js';
import type { StorageModule } from './storage/index.js';
import { checkMailboxKey, SpecReader } from './task-spec.js';
import { Core } from './wasm/core.js';
import type { PackagedModule } from './wasm/load.js';
import { endlessCredits, type RawDurableModule } from './wasm/raw.js';

/** What a lot is made of: the module alone, or with what keeps durable pools. */
export type LotParts = { readonly core: PackagedModule } | StorageModule;

/** A lot whose host runs in this realm. */
export class LocalLot implements LotHome {
  readonly audit: Audit;
  private readonly pools = new Map<string, Pool<never, never>>();
  private readonly watch: HealthWatch;

  private constructor(
    readonly host: Host,
    readonly facts: readonly PoolFacts[],
    readonly warnings: readonly ConfigIssue[],
    private readonly unhook: () => void,
  ) {
    this.audit = new Audit(host);
    const names = new NameCache(host.core);
    const reader = new SpecReader(names, () => host.clock.wall());
    for (const each of facts) this.pools.set(each.name, new Pool(host, each, reader, names));
    this.watch = new HealthWatch(host, facts);
    host.onTurn = () => this.watch.look();
  }

  /** `realms`: others than this one whose functions of `pool.run` may still run. */
  static async open(
    config: LotConfig,
    options: OpenOptions<AnyHandlers>,
    parts: LotParts | Promise<LotParts>,
    realms: readonly number[] = [],
  ): Promise<LocalLot> {
    // Before the first await: a shared worker's first page connects right after the script has been evaluated.
    const pages = mustDelegate() ? acceptPages() : undefined;
    const made = await parts;
    const core = await Core.load(made.core, options.wasm);
    const clock = options.clock ?? systemClock;
    const text = configText(config);
    const [high, low] = options.entropy ?? randomEntropy();
    const environment = environmentText(text, options.environment);
    let folders = '';
    const openWith = (disks: number) =>
      JSON.parse(
        core.raw.openLot(
          text,
          environment,
          folders,
          builtStorage(),
          disks,
          clock.wall(),
          clock.steady(),
          high,
          low,
          options.orphans === 'keep',
        ),
      ) as OpenedConfig;
    let opened = openWith(0);
    refuseUnusable(opened);
    const keeper = storageFor('LotStorage' in made ? made : undefined, opened.stores!);
    if (keeper) {
      folders = keeper.LotStorage.foldersText(opened.stores!);
      if (folders !== '') opened = openWith(0);
    }
    let host: Host | undefined;
    // The core is the one that came with it.
    const raw = core.raw as RawDurableModule;
    const storage = await keeper?.LotStorage.open(opened.stores!, raw, clock, {
      synced: () => host?.schedule(),
      changed: () => host?.onTurn?.(),
      broke: (cause) => host?.broke(cause),
    });
    try {
      if (storage) refuseUnusable(openWith(storage.count));
      const facts = factsOf(core, opened);
      const factories = factoriesOf(options, facts, pages);
      const own = new Host(core, clock, storage);
      host = own;
      // Others can have what it stored, and nothing half-made is written there.
      own.onOver(() => own.isBroken && void storage?.close());
      if (storage) await recover(host, facts, realms);
      for (const pool of facts) {
        core.raw._pl_executor_ready(pool.index, realmExecutor, ownRealm, pool.runsMax ?? endlessCredits, 0);
        const factory = factories.get(pool.name);
        if (factory)
          host.ports[pool.index] = new ExecutorPort(host, pool.index, factory, executorOptions(pool, clock));
        if (storage && (storage.queueOf(pool.index) >= 0 || storage.mailboxOf(pool.index) >= 0))
          host.results.storeFor(pool.index, pool.maxOutputBytes);
      }
      host.schedule();
      return new LocalLot(host, facts, opened.issues, tickWhenVisible(host));
    } catch (error) {
      host?.stop(new ParkingLotError('closed', 'The lot could not be opened.'));
      if (core.abortReason === undefined && !host?.isBroken) core.raw.closeLot();
      await storage?.close();
      throw error;
    }
  }

  get poolNames(): readonly string[] {
    return [...this.pools.keys()];
  }

  pool(name: string): Pool<never, never> | undefined {
    return this.pools.get(name);
  }

  mailbox(key: MailboxKey): Mailbox {
    return new Mailbox(this.host, checkMailboxKey('mailbox', key, 'invalid_argument'));
  }

  async health(): Promise<Health> {
    this.host.flush();
    this.host.assertOpen();
    return this.watch.health();
  }

  onHealth(listener: (health: Health) => void): () => void {
    return this.watch.listen(listener);
  }

  async close(): Promise<void> {
    this.unhook();
    const closed = new ParkingLotError('closed', 'The lot was closed; open another one.');
    if (this.host.storage) await this.host.settleStorage(closed);
    this.host.stop(closed);
    await Promise.all(this.host.ports.map((port) => port?.close()));
    if (!this.host.isBroken) this.host.core.raw.closeLot();
    await this.host.storage?.close();
  }
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
