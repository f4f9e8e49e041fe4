import type { openSharedLot } from '../shared-lot/index.js';
import { LotStorage } from './lot-storage.js';

/** What keeps durable pools. Loaded when a config has one, or given to `ParkingLot.open` as `storage`. */
export interface StorageModule {
  readonly LotStorage: typeof LotStorage;
  /** For databases of browsers, which all tabs share; of the entry that is imported by name. */
  readonly openSharedLot?: typeof openSharedLot;
}

export const storage: StorageModule = { LotStorage };
