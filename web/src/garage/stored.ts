import type { Clock } from '../clock.js';
import { ParkingLotError } from '../errors.js';
import { LotStorage, type StorageEvents } from '../storage/lot-storage.js';
import type { RawGarages } from '../wasm/garage-module.js';
import type { RawDurableModule } from '../wasm/raw.js';

/** Where a config wants garages stored, as the core lists it. */
export interface GarageStore {
  readonly kind: 'file' | 'idbfs' | 'opfs';
  readonly location: string;
}

/** A page that is being reloaded lets go of its garages in less than that. */
const patienceMs = 5_000;

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
  ): Promise<GarageStores> {
    const locks: (() => void)[] = [];
    const unlock = () => {
      for (const release of locks) release();
    };
    try {
      for (const { kind, location } of stores) {
        if (kind !== 'file') locks.push(await ownAlone(`parking-lot:garages:${kind}:${location}`, location));
      }
      const facts = stores.map((store) => ({
        ...store,
        durability: 'strict' as const,
        queues: [],
        mailboxes: [],
      }));
      const disks = await LotStorage.open(facts, raw as unknown as RawDurableModule, clock, events);
      return new GarageStores(disks, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  get count(): number {
    return this.disks.count;
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

/** Holds the lock until the answer is called, or this realm ends. */
async function ownAlone(name: string, location: string): Promise<() => void> {
  const { locks } = globalThis.navigator ?? {};
  if (!locks) return () => undefined;
  return new Promise((resolve, reject) => {
    const held = new Promise<void>((release) => {
      const signal = AbortSignal.timeout(patienceMs);
      locks
        .request(name, { signal }, () => {
          resolve(release);
          return held;
        })
        .catch((cause: unknown) => {
          const message =
            `The garages in ${location} belong to another tab or worker. They are free as soon as it ` +
            'closes the lot or ends: do that, or ask that tab for what is wanted, then open again.';
          reject(new ParkingLotError('unavailable', message, { cause }));
        });
    });
  });
}
