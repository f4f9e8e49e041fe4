import type { openSharedLot } from '../shared-lot/index.js';
import { durableModule } from '../wasm/durable-module.js';
import type { PackagedModule } from '../wasm/load.js';
import { LotStorage } from './lot-storage.js';

/** What keeps durable pools. Loaded when a config has one, or given to `ParkingLot.open` as `storage`. */
export interface StorageModule {
  /** The core together with the journal. */
  readonly core: PackagedModule;
  readonly LotStorage: typeof LotStorage;
  /** For databases of browsers, which all tabs share; of the entry that is imported by name. */
  readonly openSharedLot?: typeof openSharedLot;
}

export const storage: StorageModule = { core: durableModule, LotStorage };
