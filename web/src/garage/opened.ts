import { type OpenedConfig, refuseUnusable } from '../checked-config.js';
import type { Clock } from '../clock.js';
import { type ConfigIssue, ParkingLotError, refuseIssues } from '../errors.js';
import { builtStorage } from '../recovery.js';
import { loadGarages, type RawGarages } from '../wasm/garages.js';
import type { PackagedModule, WasmSource } from '../wasm/load.js';
import type { GarageFacts } from './garage.js';
import { Gatehouse, type Premises } from './gatehouse.js';
import type { GarageStore, GarageStores, Taking } from './stored.js';
import { zoneOffsets } from './zone.js';

/** What garages are made of: the module that stores nothing, or the one with the journal and what keeps its stores. */
export interface GarageParts {
  readonly core: PackagedModule;
  readonly GarageStores?: typeof GarageStores;
}

export interface GaragesOpening {
  /** The config as JSON, and the variables that it names as `environmentText` writes them. */
  readonly config: string;
  readonly environment: string;
  readonly parts: GarageParts;
  readonly clock: Clock;
  readonly wasm: WasmSource | Promise<WasmSource> | undefined;
  readonly entropy: readonly [bigint, bigint] | undefined;
  /** What to do when somebody else has the stores. */
  readonly taking: Taking;
  /** Called first when the core breaks or another owner takes a store over: nothing is answered any more. */
  over?(error: ParkingLotError): void;
}

/** What a config is judged by, without touching a store. */
type Judged = Omit<GaragesOpening, 'taking' | 'over'>;

type Opened = Partial<Omit<OpenedConfig, 'stores'>> & { garages: GarageFacts[]; stores?: GarageStore[] };

/** So long a close waits for a commit. */
const settlingMs = 5_000;
/** Of `storageState`. */
const committing = 1;

/** The garages of one module in this realm, and the stores that it owns. */
export class OpenedGarages {
  private constructor(
    readonly facts: readonly GarageFacts[],
    readonly gatehouses: readonly Gatehouse[],
    private readonly premises: Premises,
    private readonly stores: GarageStores | undefined,
  ) {}

  /** Throws a ParkingLotError `invalid_config` with all that is wrong, `unavailable` with all that is not there. */
  static async open(opening: GaragesOpening): Promise<OpenedGarages> {
    const { clock, parts } = opening;
    const { raw, abort } = await loaded(opening);
    const gatehouses: Gatehouse[] = [];
    const stop = (error: ParkingLotError) => {
      for (const each of gatehouses) each.stop(error);
    };
    const over = (error: ParkingLotError) => {
      opening.over?.(error);
      stop(error);
    };
    const premises: Premises = { raw, abort, clock, isStored: parts.GarageStores !== undefined, stop, over };
    const tick = () => {
      for (const each of gatehouses) each.synced();
    };
    let opened = openWith(raw, opening, 0);
    const stores = opened.stores && (await openStores(opening, opened.stores, premises, tick));
    try {
      if (stores) opened = openWith(raw, opening, stores.count);
      gatehouses.push(...opened.garages.map((_, index) => new Gatehouse(premises, index)));
      await tellZones(opened.garages, gatehouses);
      return new OpenedGarages(opened.garages, gatehouses, premises, stores);
    } catch (error) {
      if (abort.reason === undefined) raw.closeGarages();
      const trouble = stores?.trouble;
      await stores?.close();
      if (trouble === undefined) throw error;
      const message = `The garages' store cannot be written, so that they are not opened: ${trouble}`;
      throw new ParkingLotError('unavailable', message, { cause: error });
    }
  }

  /** Throws what is wrong with a config that nobody opens. */
  static async judge(opening: Judged): Promise<void> {
    const { raw } = await loaded(opening);
    openWith(raw, opening, 0);
    const { garages } = JSON.parse(opening.config) as { garages: Record<string, { zone?: unknown }> };
    const zones = Object.entries(garages).map(([name, { zone = 'UTC' }]) => ({ name, zone: String(zone) }));
    refuseIssues(zones.flatMap(unknownZone));
  }

  /** Ends all garages, after what was answered is durable: who waits in a lane is told `closed`. */
  async close(): Promise<void> {
    if (this.stores) await this.settle();
    await this.end();
  }

  /** Resolves when what was said so far is durable and answered, or five seconds have passed. */
  async settle(): Promise<void> {
    const { raw, abort } = this.premises;
    const deadline = Date.now() + settlingMs;
    await this.committed(deadline);
    if (abort.reason === undefined) raw.settleGarages();
    await this.committed(deadline);
  }

  /** The same at once: what is not durable yet may be lost. */
  async end(): Promise<void> {
    const { raw, abort } = this.premises;
    this.premises.stop(new ParkingLotError('closed', 'The garages were closed; open them again.'));
    if (abort.reason === undefined) raw.closeGarages();
    await this.stores?.close();
  }

  private async committed(deadline: number): Promise<void> {
    const { raw, abort } = this.premises;
    while (abort.reason === undefined && (raw.storageState() & 3) === committing) {
      if (Date.now() >= deadline) return;
      await Promise.race([this.stores!.nextSync(), after(settlingMs)]);
    }
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, ms);
    (timer as { unref?(): void }).unref?.();
  });
}

async function loaded({ parts, wasm }: Judged): ReturnType<typeof loadGarages> {
  try {
    return await loadGarages(parts.core, wasm);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParkingLotError('unavailable', `The garages' WebAssembly module cannot be loaded: ${why}`, {
      cause,
    });
  }
}

function openWith(raw: RawGarages, opening: Judged, disks: number): Opened {
  const { config, environment, parts, clock, entropy } = opening;
  const [high, low] = entropy ?? crypto.getRandomValues(new BigUint64Array(2));
  const built = parts.GarageStores ? builtStorage() : '';
  const opened = JSON.parse(
    raw.openGarages(config, environment, disks, built, clock.wall(), clock.steady(), high!, low!),
  ) as Opened;
  const { issues = [], unavailable = [], failure } = opened;
  refuseUnusable({ issues, unavailable, ...(failure !== undefined && { failure }) });
  return opened;
}

function openStores(
  { parts, clock, taking }: GaragesOpening,
  stores: readonly GarageStore[],
  { raw, over }: Premises,
  synced: () => void,
): Promise<GarageStores> {
  const broke = (cause: unknown) => {
    const message = `The garages' core stopped; open them anew, and please report this: ${String(cause)}`;
    over(new ParkingLotError('internal_error', message, { cause }));
  };
  // Only the module with the journal asks for stores.
  return parts.GarageStores!.open(stores, raw, clock, { synced, changed: () => undefined, broke }, taking);
}

async function tellZones(facts: readonly GarageFacts[], gatehouses: readonly Gatehouse[]): Promise<void> {
  refuseIssues(facts.flatMap(unknownZone));
  const told = facts.map(({ zone }, index) =>
    gatehouses[index]!.ask(JSON.stringify({ do: 'zone', zone, offsets: zoneOffsets(zone) })),
  );
  await Promise.all(told);
}

function unknownZone({ name, zone }: { name: string; zone: string }): ConfigIssue[] {
  try {
    zoneOffsets(zone);
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = 'is no time zone that is known here; write one of IANA, like Europe/Berlin or UTC.';
    return [{ severity: 'error', path: `garages.${name}.zone`, message }];
  }
}
