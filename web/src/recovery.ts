import { ParkingLotError } from './errors.js';
import type { Host } from './host.js';
import type { PoolFacts } from './pool.js';
import type { StorageModule } from './storage/index.js';
import type { StoreFacts } from './storage/lot-storage.js';
import { StorageState } from './wasm/raw.js';

/** The kinds of storage that this realm has: the file system in Node, else what browsers offer. */
export function builtStorage(): string {
  const { process } = globalThis as { process?: { getBuiltinModule?: unknown } };
  return process?.getBuiltinModule ? 'file' : 'idbfs,opfs';
}

/** Whether the realms of this origin can agree on who leads. Node and pages that are not secure have no Web Locks. */
export function canShareDatabases(): boolean {
  const { process, navigator, BroadcastChannel, indexedDB } = globalThis as {
    process?: { versions?: { node?: string } };
    navigator?: { locks?: unknown };
    BroadcastChannel?: unknown;
    indexedDB?: unknown;
  };
  if (process?.versions?.node !== undefined) return false;
  return Boolean(navigator?.locks && BroadcastChannel && indexedDB);
}

/** What keeps durable pools, for a config that has stores; undefined if it has none, which then costs nothing. */
export function storageFor(
  storage: StorageModule | undefined,
  stores: readonly StoreFacts[],
): StorageModule | undefined {
  if (stores.length === 0) return undefined;
  if (storage !== undefined) return storage;
  throw new ParkingLotError(
    'unavailable',
    'The config stores something that only its JSON text shows; give its pools as plain objects, without toJSON.',
  );
}

export async function loadStorage(): Promise<StorageModule> {
  try {
    return (await import('./storage/index.js')).storage;
  } catch (cause) {
    throw new ParkingLotError(
      'unavailable',
      "Durable storage cannot be loaded here; import { storage } from 'prometheus-parking-lot/storage' and give it to open()",
      { cause },
    );
  }
}

/**
 * Loads what is stored, some milliseconds at a time. Functions of `pool.run` end with the realm that had them: those of
 * realms that are not among `realms` are recorded as `realm_gone`, also those of this one's earlier lives.
 */
export async function recover(
  host: Host,
  pools: readonly PoolFacts[],
  realms: readonly number[],
): Promise<void> {
  const { raw } = host.core;
  for (const { index } of pools) {
    for (const realm of realms) raw._pl_executor_ready(index, realm, realm, 0, 0);
  }
  host.tick();
  while (!host.isOver && (raw._pl_storage_state() & StorageState.loading) !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    host.tick();
  }
  host.assertOpen();
  for (let disk = 0; disk < host.storage!.count; disk++) {
    const trouble = raw.storageTrouble(disk);
    if (trouble === '' || raw.storageMayWait(disk)) continue;
    const { location } = host.storage!.states()[disk]!;
    throw new ParkingLotError('unavailable', `What is stored in ${location} cannot be loaded: ${trouble}`);
  }
}
