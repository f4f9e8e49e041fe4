// A lot in a dedicated, shared or service worker. It answers questions with the outcomes of the tasks asked for.

import { ParkingLot } from '/package/index.js';

const opened = ParkingLot.open(
  {
    pools: {
      llm: { max_units: 4, runtime: 'web_worker' },
      inline: { max_units: 4, runtime: 'web_worker' },
    },
  },
  {
    workers: { llm: () => new Worker('/pages/task.worker.js', { type: 'module' }) },
    handlers: { inline: (payload) => `inline ${payload.value}` },
  },
);

/** Another one after each start of this script. */
const life = crypto.randomUUID();

const deeds = {
  life: async () => life,
  async run({ pool = 'llm', spec }) {
    const task = await (await opened).pool(pool).submit(spec);
    const { status, reason, result, attempt } = await task.outcome();
    return { status, reason, result, attempt };
  },
  async submit({ spec }) {
    const task = await (await opened).pool('llm').submit(spec);
    return task.id;
  },
  async status({ id }) {
    const { status } = await (await opened).pool('llm').status(id);
    return status;
  },
};

function hearFrom(port) {
  return (event) => {
    const { ask, question } = event.data ?? {};
    if (ask === undefined) return;
    const answered = deeds[question.do](question)
      .catch((error) => `${error.name}: ${error.message}`)
      .then((answer) => (port ?? event.source ?? self).postMessage({ answerTo: ask, answer }));
    event.waitUntil?.(answered);
  };
}

self.addEventListener('message', hearFrom());
self.addEventListener('connect', ({ ports: [port] }) => {
  port.addEventListener('message', hearFrom(port));
  port.start();
});
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
