// The service worker that owns the pool. The browser starts it for an event and stops it when it likes: what it was told is
// stored before it answers, and what it was doing is done again when it is started next.

// No import map reaches a worker: these are prometheus-parking-lot and prometheus-parking-lot/storage, named by their paths.
import { ParkingLot } from '../../web/dist/index.js';
import { storage } from '../../web/dist/storage.js';
import { seal } from './seal.js';

const POOL = 'seals';
const MAILBOX = { tenant: 'demo', user: 'you' };
const STORED = { type: 'idbfs', database: 'service-worker' };
const CONFIG = {
  pools: {
    // However often the browser stops the worker, what it interrupts runs again.
    [POOL]: { max_units: 4, max_lost: 1000, queue: STORED, mailbox: { storage: STORED } },
  },
};

const startedAt = Date.now();

// While the script is first evaluated: whatever the event is, the lot opens, and with it the work goes on.
const opening = ParkingLot.open(CONFIG, { storage, handlers: { [POOL]: seal } });
opening.catch((error) => console.error(error));

const answers = {
  /** The page chose the id, so that asking twice submits once. */
  async submit(lot, { id, text, units }) {
    const task = await lot.pool(POOL).submit({ taskId: id, payload: { text, salt: id, units }, units, mailbox: MAILBOX });
    await askToBeWoken();
    return { durability: task.durability };
  },

  async look(lot) {
    const pool = lot.pool(POOL);
    const [stats, running, queued, messages, { durability }] = await Promise.all([
      pool.stats(),
      pool.tasks({ status: 'running', limit: 100 }),
      pool.tasks({ status: 'queued', limit: 100 }),
      lot.mailbox(MAILBOX).fetch({ limit: 100 }),
      lot.health(),
    ]);
    const tasks = [...running.tasks, ...queued.tasks].map(({ taskId, status, units, lost }) => ({ taskId, status, units, lost }));
    const { unitsInUse, unitsMax } = stats;
    return { startedAt, durability, unitsInUse, unitsMax, isDone: isDone(stats), tasks, messages };
  },

  acknowledge: (lot, { cursor }) => lot.mailbox(MAILBOX).acknowledge(cursor),
};

/** Where browsers know how: an event for this worker, also when no page is open. */
async function askToBeWoken() {
  await self.registration.sync?.register('work').catch(() => undefined);
}

async function answer({ data, ports: [port] }) {
  try {
    port.postMessage({ answer: await answers[data.ask](await opening, data) });
  } catch (error) {
    port.postMessage({ error: error.message });
  }
}

/** Nothing is left to do: what has run is no task of the pool any more, but may not be in the mailbox yet. */
function isDone({ parked, running, undelivered }) {
  return parked + running + undelivered === 0;
}

/** Resolves when nothing is left to do; an event that waits for it keeps the worker up as long as the browser allows. */
async function workOff() {
  const pool = (await opening).pool(POOL);
  for (;;) {
    if (isDone(await pool.stats())) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('sync', (event) => event.waitUntil(workOff()));
self.addEventListener('message', (event) => {
  event.waitUntil(answer(event));
  event.waitUntil(workOff());
});
