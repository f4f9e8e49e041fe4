// The worker in which the garages of a browser store live. A page starts it; nobody imports it.

import { carryError } from '../../shared-lot/carried-error.js';
import { holdAliveLock } from '../../worker/alive-lock.js';
import { GarageHost } from './host.js';
import type { HostOrder, HostReport } from './protocol.js';

const page = globalThis as unknown as {
  postMessage(report: HostReport): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
};

let host: GarageHost | undefined;

async function obey(order: HostOrder): Promise<void> {
  switch (order.say) {
    case 'open':
      void holdAliveLock('worker').then(
        (lock) => lock && page.postMessage({ say: 'alive', lock: lock.name }),
      );
      host = new GarageHost(order.setup, {
        received: (envelope) => page.postMessage({ say: 'received', envelope }),
        failed: (error) => page.postMessage({ say: 'failed', error: carryError(error) }),
        leaderless: (error) => page.postMessage({ say: 'leaderless', error: carryError(error) }),
      });
      break;
    case 'to owner':
      host?.hear(order.envelope);
      break;
    case 'close':
      await host?.close();
      page.postMessage({ say: 'closed' });
      break;
  }
}

page.addEventListener('message', (event) => void obey(event.data as HostOrder));
