import { garageDurableModule } from '../wasm/garage-durable-module.js';
import type { PackagedModule } from '../wasm/load.js';
import type { openSharedGarages } from './shared/index.js';
import { GarageStores } from './stored.js';

/** What keeps stored garages. Loaded when a config has one, or given to `Garages.open` as `storage`. */
export interface GarageStorage {
  /** The core of garages together with the journal. */
  readonly core: PackagedModule;
  readonly GarageStores: typeof GarageStores;
  /** For stores of browsers, which all tabs and workers share; of the entry that is imported by name. */
  readonly openSharedGarages?: typeof openSharedGarages;
}

export const garageStorage: GarageStorage = { core: garageDurableModule, GarageStores };
