import { unknownName } from '../checked.js';
import { environmentText } from '../checked-config.js';
import { type Clock, systemClock } from '../clock.js';
import { configText } from '../config-text.js';
import { invalid, ParkingLotError, refuseIssues } from '../errors.js';
import type { GarageHealth } from '../lot-home.js';
import { canShareDatabases } from '../recovery.js';
import { garageModule } from '../wasm/garage-module.js';
import type { WasmSource } from '../wasm/load.js';
import { type SendableWasm, sendable } from '../wasm/sendable.js';
import type { GarageConfig } from './config.js';
import { Garage, type GarageFacts } from './garage.js';
import type { Gate } from './gate.js';
import { OpenedGarages } from './opened.js';
import { browserStoreOf, isInBrowserStore, isStored } from './places.js';
import type { openSharedGarages } from './shared/index.js';
import type { GarageStorage } from './storage.js';

export interface GarageOptions {
  /**
   * `prometheus-parking-lot/parking-lot-garage.wasm`, for those who load it themselves; `parking-lot-garage-durable.wasm` if
   * a garage of the config is stored anywhere but in memory.
   */
  wasm?: WasmSource | Promise<WasmSource> | undefined;
  /**
   * What keeps stored garages, for realms that cannot load it when it is needed: service workers, and bundles without
   * dynamic imports. `import { garageStorage } from 'prometheus-parking-lot/garage-storage'`.
   */
  storage?: GarageStorage | undefined;
  /** Clocks and timers; `manualClock()` of `prometheus-parking-lot/testing` in tests. None for garages in a browser store. */
  clock?: Clock | undefined;
  /** Variables for `${NAME}` in the config; default: those of the process, where there is one. */
  environment?: Record<string, string | undefined> | undefined;
  /** 128 random bits in two halves, that name tickets; fixed in tests, random by default. */
  entropy?: readonly [bigint, bigint] | undefined;
}

/** Garages that are opened and closed together. */
export interface GarageHome {
  readonly facts: readonly GarageFacts[];
  /** In the same order. */
  readonly gates: readonly Gate[];
  close(): Promise<void>;
}

async function healthOf(garage: Garage): Promise<GarageHealth> {
  try {
    const { storage } = await garage.occupancy();
    return storage === 'open'
      ? { status: 'ok' }
      : { status: 'degraded', reason: `its storage is ${storage}` };
  } catch (error) {
    if (!(error instanceof ParkingLotError) || error.code === 'closed') throw error;
    return { status: 'degraded', reason: error.message };
  }
}

type Configs = Record<string, GarageConfig>;

/**
 * The garages of a config. They live in the memory of this realm, in files that it owns alone, or in stores of the browser,
 * which all tabs and workers that open the same config share.
 */
export class Garages<Name extends string = string> {
  private readonly byName: ReadonlyMap<string, Garage>;
  private closing: Promise<void> | undefined;

  private constructor(
    readonly names: readonly string[],
    private readonly homes: readonly GarageHome[],
  ) {
    const garages = homes.flatMap(({ facts, gates }) => facts.map((each, i) => new Garage(each, gates[i]!)));
    this.byName = new Map(garages.map((garage) => [garage.name, garage]));
  }

  /** Throws a ParkingLotError `invalid_config` with all that is wrong, `unavailable` with all that is not there. */
  static async open<const C extends { garages: Configs }>(
    config: C,
    options: GarageOptions = {},
  ): Promise<Garages<keyof C['garages'] & string>> {
    const { garages } = JSON.parse(configText({ garages: config.garages })) as { garages: Configs };
    const [shared, own] = canShareDatabases() ? parted(garages) : [{}, garages];
    const isShared = Object.keys(shared).length > 0;
    // A response can be read only once.
    const sent = isShared ? { ...options, wasm: await sendable(options.wasm) } : undefined;
    const opened = await Promise.allSettled([
      ...(sent ? [openShared(shared, sent)] : []),
      ...(sent && Object.keys(own).length === 0 ? [] : [openOwn(own, sent ?? options, isShared)]),
    ]);
    const homes = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const errors = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (errors.length === 0) return new Garages(Object.keys(garages), homes);
    await Promise.all(homes.map((home) => home.close()));
    refuseIssues(errors.flatMap((error) => (isInvalid(error) ? error.issues : [])));
    throw errors[0];
  }

  /** One garage of the config; `unknown_garage` for a name that is not in it. */
  garage(name: Name): Garage {
    const garage = this.byName.get(name);
    if (garage) return garage;
    throw unknownName('garage', name, this.names);
  }

  /** Whether the storage of each works. */
  async health(): Promise<Record<string, GarageHealth>> {
    const all = [...this.byName].map(async ([name, garage]) => [name, await healthOf(garage)] as const);
    return Object.fromEntries(await Promise.all(all));
  }

  /**
   * Ends all garages, after what was answered is durable: who waits in a lane is told `closed`. Those that other tabs share
   * go on there. Calling it again does no harm.
   */
  async close(): Promise<void> {
    this.closing ??= Promise.all(this.homes.map((home) => home.close())).then(() => undefined);
    return this.closing;
  }
}

function isInvalid(error: unknown): error is ParkingLotError {
  return error instanceof ParkingLotError && error.code === 'invalid_config';
}

/** The garages in stores of the browser, and the others. */
function parted(garages: Configs): [Configs, Configs] {
  const all = Object.entries(garages ?? {});
  const isShared = ([, garage]: [string, GarageConfig]) => isInBrowserStore(garage);
  return [
    Object.fromEntries(all.filter(isShared)),
    Object.fromEntries(all.filter((each) => !isShared(each))),
  ];
}

/** A module that was given for garages in stores serves those beside them, too. */
async function openOwn(garages: Configs, options: GarageOptions, isBeside: boolean): Promise<GarageHome> {
  const isForStores = isStored(garages) || (isBeside && options.wasm !== undefined);
  const opened = await OpenedGarages.open({
    ...openingOf(garages, options),
    parts: isForStores ? await storageFor(options) : { core: garageModule },
    clock: options.clock ?? systemClock,
    taking: 'refuse',
  });
  return { facts: opened.facts, gates: opened.gatehouses, close: () => opened.close() };
}

async function openShared(
  garages: Configs,
  options: GarageOptions & { wasm: SendableWasm | undefined },
): Promise<GarageHome> {
  if (options.clock !== undefined)
    throw invalid(
      'invalid_argument',
      'clock',
      'cannot be given to garages in a browser store',
      options.clock,
    );
  const openSharedGarages = await openerFor(options);
  const opening = { ...openingOf(garages, options), clock: systemClock };
  return openSharedGarages({
    ...opening,
    wasm: options.wasm,
    stores: Object.values(garages)
      .flatMap((garage) => browserStoreOf(garage) ?? [])
      .sort(),
    judge: async () => OpenedGarages.judge({ ...opening, parts: await storageFor(options) }),
  });
}

function openingOf(garages: Configs, { environment, wasm, entropy }: GarageOptions) {
  const config = configText({ garages });
  return { config, environment: environmentText(config, environment), wasm, entropy };
}

async function storageFor({ storage }: GarageOptions): Promise<GarageStorage> {
  return storage ?? (await import('./storage.js').catch(notLoaded)).garageStorage;
}

async function openerFor({ storage }: GarageOptions): Promise<typeof openSharedGarages> {
  return storage?.openSharedGarages ?? (await import('./shared/index.js').catch(notLoaded)).openSharedGarages;
}

function notLoaded(cause: unknown): never {
  throw new ParkingLotError(
    'unavailable',
    "Stored garages cannot be loaded here; import { garageStorage } from 'prometheus-parking-lot/garage-storage' and give it to open()",
    { cause },
  );
}
