import type { LotConfig } from '../config.js';
import { invalid, ParkingLotError } from '../errors.js';
import { acceptPages, type ConnectedPages, mustDelegate } from '../executor/delegate/index.js';
import { type AnyHandlers, factoriesOf } from '../executor/sources.js';
import type { LotHome, OpenOptions } from '../lot-home.js';
import type { StorageModule } from '../storage/index.js';
import { sendable } from '../wasm/sendable.js';
import { workerError } from '../worker-error.js';
import type { StationLink } from './connection.js';
import { names, type StationOrder, type StationReport } from './protocol.js';
import { SharedLot } from './shared-lot.js';
import { Station } from './station.js';

interface Shared {
  readonly lot: Promise<SharedLot>;
  users: number;
}

/** The lots of this realm, by database: a second `open` shares the first one's. */
const opened = new Map<string, Shared>();

/** Opens the lot of a browser database: leads it if nobody does, else follows. */
export async function openSharedLot(
  database: string,
  config: LotConfig,
  options: OpenOptions<AnyHandlers>,
): Promise<LotHome> {
  if (options.clock !== undefined) {
    throw invalid(
      'invalid_argument',
      'clock',
      'cannot be given to a lot in a browser database',
      options.clock,
    );
  }
  const pages = mustDelegate() ? acceptPages() : undefined;
  const before = opened.get(database);
  const shared = before ?? { lot: openOne(database, config, options, pages), users: 0 };
  if (before === undefined) {
    opened.set(database, shared);
    shared.lot.catch(() => opened.delete(database));
  }
  shared.users += 1;
  const lot = await shared.lot;
  if (before !== undefined) lot.lend(factoriesOf(options, lot.facts, pages));
  return new SharedUse(lot, async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    opened.delete(database);
    await lot.close();
  });
}

/** One `open` of a database that may be open in this realm several times. */
class SharedUse implements LotHome {
  constructor(
    private readonly lot: SharedLot,
    readonly close: () => Promise<void>,
  ) {}

  get audit() {
    return this.lot.audit;
  }

  get warnings() {
    return this.lot.warnings;
  }

  get poolNames() {
    return this.lot.poolNames;
  }

  pool(name: string) {
    return this.lot.pool(name);
  }

  mailbox(key: Parameters<LotHome['mailbox']>[0]) {
    return this.lot.mailbox(key);
  }

  health() {
    return this.lot.health();
  }

  onHealth(listener: Parameters<LotHome['onHealth']>[0]) {
    return this.lot.onHealth(listener);
  }
}

async function openOne(
  database: string,
  config: LotConfig,
  options: OpenOptions<AnyHandlers>,
  pages: ConnectedPages | undefined,
): Promise<SharedLot> {
  const [realm] = crypto.getRandomValues(new Uint32Array(1)) as unknown as [number];
  const number = realm < 16 ? realm + 16 : realm;
  const lock = names.realm(number, database);
  const releaseLock = await holdLock(lock);
  const wasm = await sendable(options.wasm);
  const link = pages === undefined ? linkWorker : () => linkHere(options.storage);
  const lot = new SharedLot(
    {
      database,
      config,
      realm: number,
      lock,
      link,
      order: {
        kind: pages === undefined ? 'tab' : database.startsWith('opfs:') ? 'follower' : 'guest',
        environment: given(options.environment),
        wasm,
        entropy: options.entropy,
        orphans: options.orphans,
      },
    },
    releaseLock,
  );
  try {
    const { pools } = await lot.connection.checked;
    await lot.join(pools, factoriesOf(options, pools, pages));
    return lot;
  } catch (error) {
    await lot.close();
    throw error;
  }
}

function holdLock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject);
  });
}

function given(environment: Record<string, string | undefined> | undefined): Record<string, string> {
  const entries = Object.entries(environment ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}

function linkWorker(): StationLink {
  // Without a name: bundlers would make it the name of a file.
  const worker = new Worker(new URL('./host-worker.js', import.meta.url), { type: 'module' });
  return {
    postMessage: (order) => worker.postMessage(order),
    onReport: (listener) =>
      worker.addEventListener('message', (event) => listener(event.data as StationReport)),
    onBroken: (listener) =>
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        listener(workerError(event));
      }),
    end: () => worker.terminate(),
  };
}

/** Shared and service workers have no workers: the station lives in the realm itself. */
function linkHere(storage: StorageModule | undefined): StationLink {
  if (storage === undefined) {
    throw new ParkingLotError(
      'unavailable',
      "In a shared or service worker durable storage must be given: import { storage } from 'prometheus-parking-lot/storage' and pass it to open().",
    );
  }
  const { port1, port2 } = new MessageChannel();
  port2.start();
  new Station(port2 as unknown as ConstructorParameters<typeof Station>[0], storage);
  port1.start();
  return {
    postMessage: (order: StationOrder) => port1.postMessage(order),
    onReport: (listener) =>
      port1.addEventListener('message', (event) => listener(event.data as StationReport)),
    onBroken: () => undefined,
    end: () => port1.close(),
  };
}
