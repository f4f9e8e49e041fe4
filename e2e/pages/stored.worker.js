// A service or shared worker with a lot in a browser database, which its tabs share. It answers questions like
// lot.worker.js.

import { ParkingLot } from '/package/index.js';
import { storage } from '/package/storage.js';
import { answerPages } from './answering.js';

const lots = new Map();

function lotOf(database) {
  if (!lots.has(database)) {
    const stored = { type: 'idbfs', database };
    lots.set(
      database,
      ParkingLot.open(
        { pools: { llm: { max_units: 4, queue: stored, mailbox: { storage: stored } } } },
        { storage },
      ),
    );
  }
  return lots.get(database);
}

const life = crypto.randomUUID();

const deeds = {
  life: async () => life,
  async submit({ database, spec }) {
    const task = await (await lotOf(database)).pool('llm').submit(spec);
    return { id: task.id, durability: task.durability, joined: task.joined };
  },
  async run({ database, spec }) {
    const task = await (await lotOf(database)).pool('llm').submit(spec);
    const { status, result } = await task.outcome();
    return { status, result };
  },
  async function({ database, value }) {
    return (await lotOf(database)).pool('llm').run(() => value);
  },
  async status({ database, id }) {
    return (await (await lotOf(database)).pool('llm').status(id)).status;
  },
};

answerPages((question) => deeds[question.do](question).catch((error) => `${error.name}: ${error.message}`));
