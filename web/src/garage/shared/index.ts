import { ParkingLotError } from '../../errors.js';
import type { RealmKind } from '../../shared-lot/protocol.js';
import { hasSyncHandles } from '../../storage/opfs-handles.js';
import { holdAliveLock } from '../../worker/alive-lock.js';
import type { GarageConfig } from '../config.js';
import type { GarageHome } from '../index.js';
import type { GaragesOpening } from '../opened.js';
import { browserStoreOf } from '../places.js';
import type { GarageHost, HostEvents, HostSetup } from './host.js';
import { type HostLink, WorkerHost } from './host-link.js';
import { Visitor } from './visitor.js';

export interface SharedOpening extends Pick<GaragesOpening, 'config' | 'environment' | 'entropy' | 'clock'> {
  readonly wasm: HostSetup['opening']['wasm'];
  /** As `idbfs:name`; sorted, so that realms agree on the first of them. Its owner takes the others, too. */
  readonly stores: readonly string[];
  /** Throws what is wrong with the config, which no owner has looked at. */
  judge(): Promise<void>;
  /** For realms that host for themselves and cannot import it. */
  readonly GarageHost?: typeof GarageHost;
}

/** Opens garages that are all in stores of the browser: owns these if nobody does, else visits who does. */
export async function openSharedGarages(given: SharedOpening): Promise<GarageHome> {
  const { config, environment, entropy, clock, wasm, stores, judge } = given;
  const agreement = `${agreed(config)}\n${environment}`;
  const database = `garages:${stores[0]}`;
  const realm = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const held = await holdAliveLock('page');
  const lock = held?.name;
  const visitor = new Visitor({
    database,
    realm,
    lock,
    agreement,
    clock,
    post: (envelope) => host.hear(envelope),
    refused: () => void host.close().then(() => held?.release()),
  });
  const host = await hostFor(
    {
      database,
      realm,
      lock,
      kind: kindFor(stores),
      agreement,
      opening: { config, environment, entropy, wasm },
    },
    {
      received: (envelope) => visitor.receive(envelope),
      failed: (error) => visitor.failed(error),
      leaderless: (error) => visitor.leaderless(error),
    },
    given.GarageHost,
  );
  const close = async () => {
    await visitor.quiet();
    await host.close();
    visitor.close(new ParkingLotError('closed', 'The garages were closed; open them again.'));
    held?.release();
  };
  try {
    const facts = await visitor.welcomed;
    return { facts, gates: facts.map((_, garage) => visitor.gate(garage)), close };
  } catch (error) {
    await close();
    if (error instanceof ParkingLotError && error.code === 'unavailable') await judge();
    throw error;
  }
}

/** A config in which stores are spelled in one way: what realms must have in common. */
function agreed(config: string): string {
  const { garages } = JSON.parse(config) as { garages: Record<string, GarageConfig> };
  const each = Object.entries(garages).map(([name, garage]) => {
    const { storage, ...rest } = garage;
    return [name, browserStoreOf(garage), rest];
  });
  return JSON.stringify(each);
}

async function hostFor(
  setup: HostSetup,
  events: HostEvents,
  given: SharedOpening['GarageHost'],
): Promise<HostLink> {
  if (isPage()) return new WorkerHost(setup, events);
  const Host = given ?? (await import('./host.js')).GarageHost;
  return new Host(setup, events);
}

/** Shared and service workers have no workers, and no way to write to files of the origin. */
function kindFor(stores: readonly string[]): RealmKind {
  if (isPage()) return 'tab';
  if (!hasSyncHandles() && stores.some((store) => store.startsWith('opfs:'))) return 'follower';
  return typeof Worker === 'undefined' ? 'guest' : 'tab';
}

function isPage(): boolean {
  return typeof document !== 'undefined';
}
