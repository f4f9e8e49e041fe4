import { environmentText } from '../../checked-config.js';
import { systemClock } from '../../clock.js';
import { configText } from '../../config-text.js';
import { ParkingLotError } from '../../errors.js';
import { hasSyncHandles } from '../../storage/opfs-handles.js';
import { holdAliveLock } from '../../worker/alive-lock.js';
import type { GarageConfig } from '../config.js';
import { Garage } from '../garage.js';
import type { GarageHome, GarageOptions } from '../index.js';
import { OpenedGarages } from '../opened.js';
import { browserStoreOf } from '../places.js';
import { GarageHost } from './host.js';
import { Visitor } from './visitor.js';

/** Opens garages that are all in stores of the browser: owns these if nobody does, else visits who does. */
export async function openSharedGarages(
  garages: Record<string, GarageConfig>,
  options: GarageOptions,
): Promise<GarageHome> {
  const config = configText({ garages });
  const environment = environmentText(config, options.environment);
  const { clock = systemClock, entropy, wasm } = options;
  const opening = { config, environment, isStored: true, clock, entropy, wasm };
  const agreement = `${config}\n${environment}`;
  const database = databaseOf(garages);
  const realm = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const lock = await holdAliveLock('page');
  const visitor = new Visitor({
    database,
    realm,
    lock: lock?.name,
    agreement,
    clock,
    post: (envelope) => host.hear(envelope),
    refused: () => void host.close().then(() => lock?.release()),
  });
  const host = new GarageHost(
    {
      database,
      realm,
      kind: typeof Worker === 'undefined' ? 'guest' : 'tab',
      lock: lock?.name,
      agreement,
      opening,
    },
    {
      received: (envelope) => visitor.receive(envelope),
      failed: (error) => visitor.failed(error),
      leaderless: (error) => visitor.leaderless(error),
    },
  );
  const close = async () => {
    await visitor.quiet();
    await host.close();
    visitor.close(new ParkingLotError('closed', 'The garages were closed; open them again.'));
    lock?.release();
  };
  try {
    const facts = await visitor.welcomed;
    return { garages: facts.map((each, index) => new Garage(each, visitor.gate(index))), close };
  } catch (error) {
    await close();
    if (isRefused(error)) await OpenedGarages.judge({ ...opening, taking: 'refuse' });
    throw error;
  }
}

/** Realms agree on the first of the stores; the owner of it takes the others, too. */
function databaseOf(garages: Record<string, GarageConfig>): string {
  const [first] = Object.values(garages).map(browserStoreOf).sort();
  // Realms that cannot write to files of the origin keep such stores in IndexedDB.
  return `garages:${hasSyncHandles() ? first : first!.replace(/^opfs:/, 'idbfs:')}`;
}

function isRefused(error: unknown): boolean {
  return error instanceof ParkingLotError && error.code === 'unavailable';
}
