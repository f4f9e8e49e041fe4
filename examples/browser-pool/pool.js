// All that this page asks of prometheus-parking-lot.

import { ParkingLot } from 'prometheus-parking-lot';

export const POOL = 'tiles';
export const CAPACITY = 16;
const MAILBOX = { tenant: 'demo', user: 'you' };

/** In this browser's IndexedDB. All tabs of the page share the one lot that is in it. */
const STORED = { type: 'idbfs', database: 'browser-pool' };

const CONFIG = {
  pools: {
    [POOL]: {
      max_units: CAPACITY,
      policy: 'first_fit',
      starvation_guard_secs: 5,
      runtime: 'web_worker',
      queue: STORED,
      mailbox: { storage: STORED },
      // However often the tab is killed, its tasks run again.
      max_lost: 1000,
      task_retention_secs: 3600,
    },
  },
};

/** Opens the lot with its one pool, served by `workers` web workers of this tab. What was stored goes on at once. */
export async function openPool(workers) {
  const create = () => new Worker(new URL('./tile.worker.js', import.meta.url), { type: 'module' });
  const lot = await ParkingLot.open(CONFIG, { workers: { [POOL]: { create, size: workers } } });
  const pool = lot.pool(POOL);
  const mailbox = lot.mailbox(MAILBOX);
  return {
    submit: (taskId, spec) => pool.submit({ taskId, ...spec, mailbox: MAILBOX }),
    cancel: (taskId) => unlessTooLate(pool.cancel(taskId)),
    setPriority: (taskId, priority) => unlessTooLate(pool.setPriority(taskId, priority)),
    explain: (taskId) => pool.explain(taskId),
    tasks: (query) => readTasks(pool, query),
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    stats: () => pool.stats(),
    health: () => lot.health(),
    fetch: (after, limit) => mailbox.fetch({ after, limit }),
    arrivals: (after) => mailbox.subscribe({ after }),
    acknowledge: (cursor) => mailbox.acknowledge(cursor),
    history: (taskId) => queryAudit(lot, { subject: { kind: 'task', id: taskId } }),
    latest: (limit) => queryAudit(lot, { subject: { kind: 'pool', id: POOL }, order: 'newest_first', limit }),
    audit: () => readAudit(lot, { subject: { kind: 'pool', id: POOL } }),
    auditBackwards: () => readAudit(lot, { subject: { kind: 'pool', id: POOL }, order: 'newest_first' }),
  };
}

/** A task may start or end before the command arrives: answers false then. */
async function unlessTooLate(command) {
  try {
    await command;
    return true;
  } catch (error) {
    if (error.code === 'wrong_state') return false;
    throw error;
  }
}

/** Tasks in the order of their admission, after the cursor `after`, with one status or any. */
async function* readTasks(pool, { after, status } = {}) {
  do {
    const page = await pool.tasks({ status, after, limit: 100 });
    yield* page.tasks;
    after = page.next;
  } while (after);
}

async function queryAudit(lot, query) {
  const { events } = await lot.audit.query(query);
  return events.map(withTaskId);
}

async function* readAudit(lot, query) {
  let after;
  do {
    const page = await lot.audit.query({ ...query, after, limit: 1000 });
    yield* page.events.map(withTaskId);
    after = page.next;
  } while (after);
}

function withTaskId(event) {
  return { ...event, taskId: event.subjects.find(({ kind }) => kind === 'task')?.id };
}
