// One life of a case of the conformance suite, in this page or in this worker.

import { live } from '/conformance/life.mjs';
import { ParkingLot } from '/package/index.js';

if (typeof document === 'undefined') {
  self.addEventListener('message', async ({ data: order }) => {
    try {
      self.postMessage({ answer: await live(ParkingLot, order) });
    } catch (error) {
      self.postMessage({ failure: `${error.stack ?? error}` });
    }
  });
  self.postMessage({ isReady: true });
} else {
  window.live = (order) => live(ParkingLot, order);
}
