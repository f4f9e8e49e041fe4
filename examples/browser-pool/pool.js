// All that this page asks of prometheus-parking-lot.

import { ParkingLot } from 'prometheus-parking-lot';

export const POOL = 'tiles';
export const CAPACITY = 16;
const MAILBOX = { tenant: 'demo', user: 'you' };

const CONFIG = {
  pools: {
    [POOL]: { max_units: CAPACITY, policy: 'first_fit', starvation_guard_secs: 5, runtime: 'web_worker' },
  },
};

/** Opens a lot with one pool, served by `workers` web workers. */
export async function openPool(workers) {
  const create = () => new Worker(new URL('./tile.worker.js', import.meta.url), { type: 'module' });
  const lot = await ParkingLot.open(CONFIG, { workers: { [POOL]: { create, size: workers } } });
  const pool = lot.pool(POOL);
  const mailbox = lot.mailbox(MAILBOX);
  return {
    submit: (taskId, spec) => pool.submit({ taskId, ...spec, mailbox: MAILBOX }),
    setPriority: (taskId, priority) => whileParked(pool.setPriority(taskId, priority)),
    explain: (taskId) => pool.explain(taskId),
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    stats: () => pool.stats(),
    fetch: (after) => mailbox.fetch({ after, limit: 20 }),
    acknowledge: (cursor) => mailbox.acknowledge(cursor),
    history: (taskId) => queryAudit(lot, { subject: { kind: 'task', id: taskId } }),
    latest: (limit) => queryAudit(lot, { subject: { kind: 'pool', id: POOL }, order: 'newest_first', limit }),
    audit: () => readAudit(lot, { kind: 'pool', id: POOL }),
  };
}

/** A task may start before the command arrives: answers false then. */
async function whileParked(command) {
  try {
    await command;
    return true;
  } catch (error) {
    if (error.code === 'wrong_state') return false;
    throw error;
  }
}

async function queryAudit(lot, query) {
  const { events } = await lot.audit.query(query);
  return events.map(withTaskId);
}

/** All events of a subject, oldest first. */
async function* readAudit(lot, subject) {
  let after;
  do {
    const page = await lot.audit.query({ subject, after, limit: 1000 });
    yield* page.events.map(withTaskId);
    after = page.next;
  } while (after);
}

function withTaskId(event) {
  return { ...event, taskId: event.subjects.find(({ kind }) => kind === 'task')?.id };
}
