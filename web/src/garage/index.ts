import { environmentText, type OpenedConfig, refuseUnusable } from '../checked-config.js';
import { type Clock, systemClock } from '../clock.js';
import { type ConfigIssue, ParkingLotError } from '../errors.js';
import { nearest } from '../spelling.js';
import { loadGarages } from '../wasm/garage-module.js';
import type { WasmSource } from '../wasm/load.js';
import type { GarageConfig } from './config.js';
import { Garage, type GarageFacts } from './garage.js';
import { Gatehouse, type Premises } from './gatehouse.js';
import { zoneOffsets } from './zone.js';

export interface GarageOptions {
  /** `prometheus-parking-lot/parking-lot-garage.wasm`, for those who load it themselves. */
  wasm?: WasmSource | Promise<WasmSource> | undefined;
  /** Clocks and timers; `manualClock()` of `prometheus-parking-lot/testing` in tests. */
  clock?: Clock | undefined;
  /** Variables for `${NAME}` in the config; default: those of the process, where there is one. */
  environment?: Record<string, string | undefined> | undefined;
  /** 128 random bits in two halves, that name tickets; fixed in tests, random by default. */
  entropy?: readonly [bigint, bigint] | undefined;
}

/** The garages of a config. They live in the memory of this realm. */
export class Garages<Name extends string = string> {
  private readonly byName: ReadonlyMap<string, Garage>;

  private constructor(
    garages: readonly Garage[],
    private readonly premises: Premises,
  ) {
    this.byName = new Map(garages.map((garage) => [garage.name, garage]));
  }

  /** Throws a ParkingLotError `invalid_config` with all that is wrong, `unavailable` with all that is not there. */
  static async open<const C extends { garages: Record<string, GarageConfig> }>(
    config: C,
    options: GarageOptions = {},
  ): Promise<Garages<keyof C['garages'] & string>> {
    const text = JSON.stringify({ garages: config.garages });
    const clock = options.clock ?? systemClock;
    const { raw, abort } = await loadGarages(options.wasm).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ParkingLotError('unavailable', `The garages' WebAssembly module cannot be loaded: ${why}`, {
        cause,
      });
    });
    const [high, low] = options.entropy ?? crypto.getRandomValues(new BigUint64Array(2));
    const environment = environmentText(text, options.environment);
    const opened = JSON.parse(
      raw.openGarages(text, environment, clock.wall(), clock.steady(), high!, low!),
    ) as Partial<OpenedConfig> & { garages: GarageFacts[] };
    refuseUnusable({ issues: [], ...opened });
    const gatehouses: Gatehouse[] = [];
    const stop = (error: ParkingLotError) => {
      for (const each of gatehouses) each.stop(error);
    };
    const premises: Premises = { raw, abort, clock, stop };
    const garages = opened.garages.map((facts, index) => {
      const gatehouse = new Gatehouse(premises, index);
      gatehouses.push(gatehouse);
      return new Garage(facts, gatehouse);
    });
    await tellZones(opened.garages, gatehouses);
    return new Garages(garages, premises);
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

  /** Ends all garages: who waits in a lane is told `closed`. Calling it again does no harm. */
  close(): void {
    this.premises.stop(new ParkingLotError('closed', 'The garages were closed; open them again.'));
    if (this.premises.abort.reason === undefined) this.premises.raw.closeGarages();
  }
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
