// All that this page asks of prometheus-parking-lot.

import { ParkingLot } from 'prometheus-parking-lot';

export const POOL = 'tiles';
export const CAPACITY = 16;
const MAILBOX = { tenant: 'demo', user: 'you' };

const CONFIG = {
  pools: {
    [POOL]: {
      max_units: CAPACITY,
      max_queue_depth: 1000,
      policy: 'first_fit',
      starvation_guard_secs: 5,
      queue: 'in_memory',
      mailbox: 'in_memory',
      runtime: 'web_worker',
    },
  },
};

/** Opens a lot with one pool, served by `workers` web workers. */
export async function openPool(workers) {
  const spawn = () => new Worker(new URL('./tile.worker.js', import.meta.url), { type: 'module' });
  const lot = await ParkingLot.open(CONFIG, { workers: { [POOL]: { spawn, size: workers } } });
  const pool = lot.pool(POOL);
  const mailbox = lot.mailbox(MAILBOX);
  return {
    submit: (id, { payload, units, priority }) => pool.submit({ task_id: id, payload, units, priority, mailbox: MAILBOX }),
    cancel: (id) => pool.cancel(id),
    setPriority: (id, priority) => pool.setPriority(id, priority),
    explain: (id) => pool.explain(id),
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    stats: () => pool.stats(),
    fetch: (after) => mailbox.fetch({ after, limit: 20 }),
    acknowledge: (cursor) => mailbox.acknowledge(cursor),
    history: (id) => lot.audit.query({ subject: { kind: 'task', id } }),
    audit: () => eventsOf(lot, { kind: 'pool', id: POOL }),
    close: () => lot.close(),
  };
}

/** All events of a subject, oldest first. */
async function* eventsOf(lot, subject) {
  for (const event of await lot.audit.query({ subject })) {
    yield { ...event, taskId: event.id };
  }
}
