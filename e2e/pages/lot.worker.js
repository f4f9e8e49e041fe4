// A lot in a dedicated, shared or service worker. It answers questions with the outcomes of the tasks asked for.

import { ParkingLot } from '/package/index.js';
import { answerPages } from './answering.js';

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

answerPages((question) => deeds[question.do](question).catch((error) => `${error.name}: ${error.message}`));
