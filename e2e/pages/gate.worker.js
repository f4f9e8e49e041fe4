// A service worker with a garage, which it shares with pages. All that keeps it is imported by name, since service workers
// load nothing later. It calls the methods that it is asked for.

import { Garages } from '/package/garage.js';
import { garageStorage } from '/package/garage-storage.js';
import { ParkingLot } from '/package/index.js';
import { answerPages } from './answering.js';

/** Another one after each start of this script. */
const life = crypto.randomUUID();
let opening;

const openers = {
  garages: (garages) => Garages.open({ garages }, { storage: garageStorage }),
  lot: (garages) => ParkingLot.open({ pools: { p: { max_units: 1 } }, garages }, { garages: Garages, garageStorage }),
};

async function garageOf(config, opener) {
  opening ??= openers[opener]({ g: config });
  try {
    return (await opening).garage('g');
  } catch (error) {
    opening = undefined;
    throw error;
  }
}

const deeds = {
  life: async () => life,
  /** Whether this worker is the realm that holds the Web Lock of the owner. */
  owns: () =>
    navigator.locks.request(life, async () => {
      const { held } = await navigator.locks.query();
      const holderOf = (start) => held.find(({ name }) => name.startsWith(start))?.clientId;
      return holderOf('parking-lot:reign:') === holderOf(life);
    }),
  async call({ config, opener = 'garages', method, args }) {
    const garage = await garageOf(config, opener);
    return garage[method](...args);
  },
  /** Answers that the vehicle stands in the lane; what becomes of it is nobody's to hear. */
  async wait({ config, plate }) {
    const garage = await garageOf(config, 'garages');
    return new Promise((onWaiting, reject) => {
      garage.enter({ plate, wait: '10m', onWaiting }).catch(reject);
    });
  },
};

answerPages((question) => deeds[question.do](question).catch(({ code, message }) => ({ code, message })));
