import type { Clock } from '../clock.js';
import { ParkingLotError } from '../errors.js';
import { LotStorage, type StorageEvents } from '../storage/lot-storage.js';
import type { RawGarages } from '../wasm/garages.js';
import type { RawDurableModule } from '../wasm/raw.js';

/** Where a config wants garages stored, as the core lists it. */
export interface GarageStore {
  readonly kind: 'file' | 'idbfs' | 'opfs';
  readonly location: string;
}

/**
 * What to do with stores that somebody else has: refuse them, or, as the successor of an owner that is frozen, take them.
 * What that one writes from then on its storage refuses.
 */
export type Taking = 'refuse' | 'inherit';

/** A page that is being reloaded lets go of its garages in less than that; one that has ended has done so. */
const patienceMs = { refuse: 5_000, inherit: 200 };

/** The stores of the garages of this realm, which owns them alone until they are closed. */
export class GarageStores {
  private constructor(
    private readonly disks: LotStorage,
    private readonly unlock: () => void,
  ) {}

  /** Refuses with `unavailable` what somebody else owns. */
  static async open(
    stores: readonly GarageStore[],
    raw: RawGarages,
    clock: Clock,
    events: StorageEvents,
    taking: Taking,
  ): Promise<GarageStores> {
    const locks: (() => void)[] = [];
    const unlock = () => {
      for (const release of locks) release();
    };
    try {
      for (const { kind, location } of stores) {
        if (kind !== 'file') locks.push(await ownAlone(kind, location, taking));
      }
      const facts = stores.map((store) => ({
        ...store,
        durability: 'strict' as const,
        queues: [],
        mailboxes: [],
      }));
      // What a gate answers is durable: a garage has no answer that says that it may not be.
      const disks = await LotStorage.open(facts, raw as unknown as RawDurableModule, clock, events, 'fail');
      return new GarageStores(disks, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  get count(): number {
    return this.disks.count;
  }

  /** Why nothing can be stored at present. */
  get trouble(): string | undefined {
    return this.disks.states().find(({ durability }) => durability === 'volatile')?.reason;
  }

  /** Resolves when a sync has ended. */
  nextSync(): Promise<void> {
    return this.disks.nextSync();
  }

  async close(): Promise<void> {
    await this.disks.close();
    this.unlock();
  }
}

/** Holds the store's lock until the answer is called, or this realm ends. */
async function ownAlone(kind: string, location: string, taking: Taking): Promise<() => void> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return () => undefined;
  const name = `parking-lot:garages:${kind}:${location}`;
  return new Promise((resolve, reject) => {
    let isOurs = false;
    const hold = () => {
      isOurs = true;
      return new Promise<void>((release) => resolve(release));
    };
    locks
      .request(name, { signal: AbortSignal.timeout(patienceMs[taking]) }, hold)
      .catch((cause: unknown) => {
        if (taking === 'refuse' || isOurs) throw cause;
        return locks.request(name, { steal: true }, hold);
      })
      .catch((cause: unknown) => {
        const message =
          `The garages in ${location} belong to another tab or worker. They are free as soon as it ` +
          'closes the lot or ends: do that, or ask that tab for what is wanted, then open again.';
        reject(new ParkingLotError('unavailable', message, { cause }));
      });
  });
}
