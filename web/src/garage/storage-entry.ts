import { GarageHost } from './shared/host.js';
import { openSharedGarages } from './shared/index.js';
import { type GarageStorage, garageStorage as storageAlone } from './storage.js';

export type { GarageStorage } from './storage.js';

/** All that keeps stored garages, for realms that cannot import it when it is needed: service workers. */
export const garageStorage: GarageStorage = {
  ...storageAlone,
  openSharedGarages: (opening) => openSharedGarages({ ...opening, GarageHost }),
};
