import { ParkingLotError } from '../../errors.js';
import { arrivedError } from '../../shared-lot/carried-error.js';
import type { Envelope } from '../../shared-lot/protocol.js';
import type { HostEvents, HostSetup } from './host.js';
import type { HostOrder, HostReport, VisitorMessage } from './protocol.js';

/** A realm's own host, in the realm itself or in a worker of its own. */
export interface HostLink {
  hear(envelope: Envelope<VisitorMessage>): void;
  /** Resolves when it has answered what it has heard, and given the lead back. */
  close(): Promise<void>;
}

/** One that hangs is ended by force, and the next owner makes good what it left. */
const closingMs = 5_000;

/**
 * The host of a page lives in a worker: only dedicated workers write to files of the origin, and no browser slows down
 * their timers when the page is hidden.
 */
export function workerHost(setup: HostSetup, events: HostEvents): HostLink {
  // Without a name: bundlers would make it the name of a file.
  const worker = new Worker(new URL('./garage-worker.js', import.meta.url), { type: 'module' });
  const order = (message: HostOrder) => worker.postMessage(message);
  let closed: (() => void) | undefined;
  worker.addEventListener('message', (event) => {
    const report = event.data as HostReport;
    if (report.say === 'received') events.received(report.envelope);
    else if (report.say === 'failed') events.failed(arrivedError(report.error));
    else if (report.say === 'leaderless') events.leaderless(arrivedError(report.error));
    else closed?.();
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    const why = event.message || 'its script garage-worker.js cannot be loaded';
    events.failed(
      new ParkingLotError('unavailable', `The worker for garages cannot be started or has ended: ${why}`),
    );
    closed?.();
  });
  order({ say: 'open', setup });
  return {
    hear: (envelope) => order({ say: 'to owner', envelope }),
    async close() {
      await new Promise<void>((resolve) => {
        closed = resolve;
        setTimeout(resolve, closingMs);
        order({ say: 'close' });
      });
      worker.terminate();
    },
  };
}
