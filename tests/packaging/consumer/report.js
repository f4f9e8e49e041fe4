// What every consumer does with the package, and what must come of it.

/** Runs tasks in the pool's workers and in this realm; answers their outcomes as plain values. */
export async function useLot(lot) {
  const pool = lot.pool('work');
  const tasks = await Promise.all([
    pool.submit({ taskId: 'sum', payload: [1, 2, 3, 4], units: 2 }),
    pool.submit({ taskId: 'wrong', payload: 'no list', priority: 'high' }),
  ]);
  const outcomes = await Promise.all(tasks.map((task) => task.outcome()));
  const ran = await lot.pool('here').run(({ attempt }) => `attempt ${attempt}`);
  const { running, parked, completed, failed } = await pool.stats();
  await lot.close();
  const seen = outcomes.map(({ taskId, status, result, error }) => ({ taskId, status, result, error: error?.message }));
  return { seen, ran, running, parked, completed, failed };
}

/** The answer of a worker: a sum that no other realm has computed. */
export function sumOf(payload) {
  if (!Array.isArray(payload)) throw new TypeError('the payload is no list');
  return { sum: payload.reduce((sum, each) => sum + each, 0), inPage: typeof document !== 'undefined' };
}
