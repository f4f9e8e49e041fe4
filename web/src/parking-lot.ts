import type { Audit } from './audit.js';
import { checkObject, unknownName } from './checked.js';
import { isClock } from './clock.js';
import type { LotConfig, MailboxKey, PayloadOf, ResultOf } from './config.js';
import { browserDatabaseIn, mayStore } from './config-storage.js';
import { type ConfigIssue, invalid, ParkingLotError } from './errors.js';
import type { AnyHandlers } from './executor/sources.js';
import type { Garage } from './garage/garage.js';
import type { Garages } from './garage/index.js';
import { LocalLot, type LotParts } from './local-lot.js';
import type { Health, LotHome, OpenOptions } from './lot-home.js';
import type { Mailbox } from './mailbox.js';
import type { Pool } from './pool.js';
import { canShareDatabases, loadStorage } from './recovery.js';
import type { openSharedLot } from './shared-lot/index.js';
import { volatileModule } from './wasm/volatile-module.js';

const openOptions = Object.keys({
  handlers: true,
  workers: true,
  executors: true,
  wasm: true,
  storage: true,
  garageWasm: true,
  garages: true,
  garageStorage: true,
  clock: true,
  environment: true,
  orphans: true,
  entropy: true,
} satisfies Record<keyof OpenOptions<unknown>, true>);

type PoolName<C extends LotConfig> = keyof C['pools'] & string;
type GarageName<C extends LotConfig> = keyof NonNullable<C['garages']> & string;
type HandlerOf<H, Name> = Name extends keyof H ? H[Name] : unknown;

/** Old browsers have no `Symbol.asyncDispose`; then nobody can ask for it either. */
const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);

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
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly home: LotHome,
    private readonly garages: Garages | undefined,
  ) {
    this.audit = home.audit;
    this.warnings = home.warnings;
  }

  /**
   * Opens a lot, with the tasks that its durable pools had before. Throws a ParkingLotError `invalid_config` with all that
   * is wrong, `unavailable` with all that is not there, or for storage that cannot be had.
   */
  static async open<const C extends LotConfig, H extends AnyHandlers = Record<never, never>>(
    config: C,
    options: OpenOptions<H> = {},
  ): Promise<ParkingLot<C, H>> {
    checkObject('options', options, openOptions);
    const { orphans, clock } = options;
    if (clock !== undefined && !isClock(clock))
      throw invalid('invalid_argument', 'clock', 'must have the functions wall, steady and timer', clock);
    if (orphans !== undefined && orphans !== 'refuse' && orphans !== 'keep')
      throw invalid('invalid_argument', 'orphans', "must be 'refuse' or 'keep'", orphans);
    const wanted = config?.garages;
    const garages = wanted === undefined ? undefined : await openGarages(wanted, options);
    const others = wanted === undefined ? config : { ...config, garages: undefined };
    try {
      return new ParkingLot<C, H>(await openHome(others as LotConfig, options), garages);
    } catch (error) {
      await garages?.close();
      throw error;
    }
  }

  /** One pool of the config; `unknown_pool` for a name that is not in it. */
  pool<Name extends PoolName<C>>(
    name: Name,
  ): Pool<PayloadOf<C['pools'][Name], HandlerOf<H, Name>>, ResultOf<C['pools'][Name], HandlerOf<H, Name>>> {
    const pool = this.home.pool(name);
    if (!pool) throw unknownName('pool', name, this.home.poolNames);
    return pool as never;
  }

  /** One garage of the config; `unknown_garage` for a name that is not in it. */
  garage(name: GarageName<C>): Garage {
    if (this.garages) return this.garages.garage(name);
    throw new ParkingLotError('unknown_garage', 'The config has no garages; add one under "garages".', {
      field: 'garage',
    });
  }

  /** The mailbox with exactly this key. */
  mailbox(key: MailboxKey): Mailbox {
    return this.home.mailbox(key);
  }

  /** Whether everything works, and the figures of each pool. */
  async health(): Promise<Health> {
    const [health, garages] = await Promise.all([this.home.health(), this.garages?.health()]);
    if (garages === undefined) return health;
    const isDegraded = Object.values(garages).some((each) => each.status === 'degraded');
    return { ...health, status: isDegraded ? 'degraded' : health.status, garages };
  }

  /**
   * Calls `listener` when a pool, store or garage begins to fail, is volatile against the config's wish, or works again, and when
   * another tab of a shared database leads. The answer stops that.
   */
  onHealth(listener: (health: Health) => void): () => void {
    const { garages } = this;
    if (garages === undefined) return this.home.onHealth(listener);
    const tell = () => void this.health().then(listener, () => undefined);
    const stops = garages.names.map((name) =>
      garages.garage(name).onChange(({ what }) => {
        if (what === 'storage') tell();
      }),
    );
    stops.push(this.home.onHealth(tell));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /**
   * Ends the lot: what was promised is made durable, running functions have their signals aborted, workers are terminated, and every promise that has not
   * settled rejects with `closed`. Resolves when nothing is left; calling it again does no harm.
   */
  close(): Promise<void> {
    this.closing ??= Promise.all([this.garages?.close(), this.home.close()]).then(() => undefined);
    return this.closing;
  }

  async [asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What there is besides garages. */
async function openHome(config: LotConfig, options: OpenOptions<AnyHandlers>): Promise<LotHome> {
  const database = canShareDatabases() ? browserDatabaseIn(config) : undefined;
  if (database === undefined) return LocalLot.open(config, options, partsFor(config, options.storage));
  const openSharedLot = options.storage?.openSharedLot ?? (await loadSharedLots());
  return openSharedLot(database, config, options);
}

/** Garages are a module of their own, and only a config that has some makes it load. */
async function openGarages(
  garages: NonNullable<LotConfig['garages']>,
  { garages: given, garageWasm, garageStorage, clock, environment, entropy }: OpenOptions<AnyHandlers>,
): Promise<Garages> {
  const opener = given ?? (await loadGarages());
  return opener.open({ garages }, { wasm: garageWasm, storage: garageStorage, clock, environment, entropy });
}

async function loadGarages(): Promise<typeof Garages> {
  try {
    return (await import('./garage/index.js')).Garages;
  } catch (cause) {
    throw new ParkingLotError(
      'unavailable',
      "Garages cannot be loaded here; import { Garages } from 'prometheus-parking-lot/garage' and give it to open()",
      { cause },
    );
  }
}

async function partsFor(config: LotConfig, given: OpenOptions<AnyHandlers>['storage']): Promise<LotParts> {
  return mayStore(config) ? (given ?? (await loadStorage())) : { core: volatileModule };
}

async function loadSharedLots(): Promise<typeof openSharedLot> {
  try {
    return (await import('./shared-lot/index.js')).openSharedLot;
  } catch (cause) {
    throw new ParkingLotError(
      'unavailable',
      "Durable storage cannot be loaded here; import { storage } from 'prometheus-parking-lot/storage' and give it to open()",
      { cause },
    );
  }
}
