import { environmentText, type OpenedConfig, refuseUnusable } from '../checked-config.js';
import { type Clock, systemClock } from '../clock.js';
import { configText } from '../config-text.js';
import { type ConfigIssue, ParkingLotError } from '../errors.js';
import { builtStorage } from '../recovery.js';
import { nearest } from '../spelling.js';
import { loadGarages } from '../wasm/garage-module.js';
import type { WasmSource } from '../wasm/load.js';
import type { GarageConfig } from './config.js';
import { Garage, type GarageFacts } from './garage.js';
import { Gatehouse, type Premises } from './gatehouse.js';
import type { GarageStore, GarageStores } from './stored.js';
import { zoneOffsets } from './zone.js';

export interface GarageOptions {
  /**
   * `prometheus-parking-lot/parking-lot-garage.wasm`, for those who load it themselves; `parking-lot-garage-durable.wasm` if
   * a garage of the config is stored anywhere but in memory.
   */
  wasm?: WasmSource | Promise<WasmSource> | undefined;
  /** Clocks and timers; `manualClock()` of `prometheus-parking-lot/testing` in tests. */
  clock?: Clock | undefined;
  /** Variables for `${NAME}` in the config; default: those of the process, where there is one. */
  environment?: Record<string, string | undefined> | undefined;
  /** 128 random bits in two halves, that name tickets; fixed in tests, random by default. */
  entropy?: readonly [bigint, bigint] | undefined;
}

/** The garages of a config. They live in the memory of this realm, or in stores that it owns alone. */
export class Garages<Name extends string = string> {
  private readonly byName: ReadonlyMap<string, Garage>;
  private closing: Promise<void> | undefined;

  private constructor(
    garages: readonly Garage[],
    private readonly premises: Premises,
    private readonly stores: GarageStores | undefined,
  ) {
    this.byName = new Map(garages.map((garage) => [garage.name, garage]));
  }

  /** Throws a ParkingLotError `invalid_config` with all that is wrong, `unavailable` with all that is not there. */
  static async open<const C extends { garages: Record<string, GarageConfig> }>(
    config: C,
    options: GarageOptions = {},
  ): Promise<Garages<keyof C['garages'] & string>> {
    const text = configText({ garages: config.garages });
    const clock = options.clock ?? systemClock;
    const isStored = mayStore(config.garages);
    const { raw, abort } = await loadModuleFor(isStored, options).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ParkingLotError('unavailable', `The garages' WebAssembly module cannot be loaded: ${why}`, {
        cause,
      });
    });
    const [high, low] = options.entropy ?? crypto.getRandomValues(new BigUint64Array(2));
    const environment = environmentText(text, options.environment);
    const openWith = (disks: number) => {
      const built = isStored ? builtStorage() : '';
      const opened = JSON.parse(
        raw.openGarages(text, environment, disks, built, clock.wall(), clock.steady(), high!, low!),
      ) as Opened;
      const { issues = [], unavailable = [], failure } = opened;
      refuseUnusable({ issues, unavailable, ...(failure !== undefined && { failure }) });
      return opened;
    };
    const gatehouses: Gatehouse[] = [];
    const stop = (error: ParkingLotError) => {
      for (const each of gatehouses) each.stop(error);
    };
    const premises: Premises = { raw, abort, clock, isStored, stop };
    const tick = () => {
      for (const each of gatehouses) each.synced();
    };
    let opened = openWith(0);
    const stores = opened.stores && (await openStores(opened.stores, premises, tick));
    try {
      if (stores) opened = openWith(stores.count);
      const garages = opened.garages.map((facts, index) => {
        const gatehouse = new Gatehouse(premises, index);
        gatehouses.push(gatehouse);
        return new Garage(facts, gatehouse);
      });
      await tellZones(opened.garages, gatehouses);
      return new Garages(garages, premises, stores);
    } catch (error) {
      if (abort.reason === undefined) raw.closeGarages();
      await stores?.close();
      throw error;
    }
  }

  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** One garage of the config; `unknown_garage` for a name that is not in it. */
  garage(name: Name): Garage {
    const garage = this.byName.get(name);
    if (garage) return garage;
    const meant = nearest(String(name), this.names);
    const hint = meant ? `did you mean ${meant}?` : `the config has ${this.names.join(', ')}`;
    throw new ParkingLotError('unknown_garage', `No garage is named ${JSON.stringify(name)}; ${hint}`, {
      field: 'garage',
    });
  }

  /**
   * Ends all garages, after what was answered is durable: who waits in a lane is told `closed`. Calling it again does no
   * harm.
   */
  async close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { raw, abort } = this.premises;
    if (this.stores) await this.settle();
    this.premises.stop(new ParkingLotError('closed', 'The garages were closed; open them again.'));
    if (abort.reason === undefined) raw.closeGarages();
    await this.stores?.close();
  }

  private async settle(): Promise<void> {
    const { raw, abort } = this.premises;
    const deadline = Date.now() + settlingMs;
    await this.committed(deadline);
    if (abort.reason === undefined) raw.settleGarages();
    await this.committed(deadline);
  }

  private async committed(deadline: number): Promise<void> {
    const { raw, abort } = this.premises;
    while (abort.reason === undefined && (raw.storageState() & 3) === committing) {
      if (Date.now() >= deadline) return;
      await Promise.race([this.stores!.nextSync(), after(settlingMs)]);
    }
  }
}

/** So long a close waits for a commit. */
const settlingMs = 5_000;
/** Of `storageState`. */
const committing = 1;

type Opened = Partial<Omit<OpenedConfig, 'stores'>> & { garages: GarageFacts[]; stores?: GarageStore[] };

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, ms);
    (timer as { unref?(): void }).unref?.();
  });
}

/** Whether a garage may want to be stored: where its config names anything but memory. */
function mayStore(garages: Record<string, GarageConfig>): boolean {
  return Object.values(garages ?? {}).some((garage) => {
    const storage = garage?.storage as unknown;
    const type = typeof storage === 'object' ? (storage as { type?: unknown } | null)?.type : storage;
    return type !== undefined && type !== 'in_memory';
  });
}

async function loadModuleFor(isStored: boolean, { wasm }: GarageOptions) {
  if (!isStored) return loadGarages(wasm);
  return (await import('../wasm/garage-durable-module.js')).loadDurableGarages(wasm);
}

async function openStores(
  stores: readonly GarageStore[],
  { raw, clock, stop }: Premises,
  synced: () => void,
): Promise<GarageStores> {
  const opener = (await import('./stored.js')).GarageStores;
  const broke = (cause: unknown) => {
    const message = `The garages' core stopped; open them anew, and please report this: ${String(cause)}`;
    stop(new ParkingLotError('internal_error', message, { cause }));
  };
  return opener.open(stores, raw, clock, { synced, changed: () => undefined, broke });
}

async function tellZones(facts: readonly GarageFacts[], gatehouses: readonly Gatehouse[]): Promise<void> {
  const issues: ConfigIssue[] = [];
  const told = facts.map(({ name, zone }, index) => {
    try {
      return gatehouses[index]!.ask({ do: 'zone', zone, offsets: zoneOffsets(zone) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const message = 'is no time zone that is known here; write one of IANA, like Europe/Berlin or UTC.';
      issues.push({ severity: 'error', path: `garages.${name}.zone`, message });
      return undefined;
    }
  });
  refuseUnusable({ issues });
  await Promise.all(told);
}
