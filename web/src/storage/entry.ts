import { openSharedLot } from '../shared-lot/index.js';
import { type StorageModule, storage as storageAlone } from './index.js';

export type { StorageModule } from './index.js';

/** All of durable storage, for realms that cannot import it when it is needed: service workers. */
export const storage: StorageModule = { ...storageAlone, openSharedLot };
