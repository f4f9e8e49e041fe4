// What the audit log tells.

/** Actions after which a run holds nothing. */
const STOPS = new Set(['complete', 'fail', 'expire', 'drop', 'retry', 'lost']);

/** Actions after which a task has its outcome. */
const ENDS = new Set(['complete', 'fail', 'expire', 'drop']);

/** The most units in use when changes are applied in order. */
export function peakOf(changes) {
  let inUse = 0;
  let peak = 0;
  for (const units of changes) {
    inUse += units;
    peak = Math.max(peak, inUse);
  }
  return peak;
}

/** The most units in use at once. */
export function peakIn(events, tasks) {
  const changes = [];
  const running = new Set();
  for (const { action, taskId } of events) {
    const units = tasks.get(taskId)?.units ?? 0;
    if (action === 'start') {
      running.add(taskId);
      changes.push(units);
    } else if (STOPS.has(action) && running.delete(taskId)) {
      changes.push(-units);
    }
  }
  return peakOf(changes);
}

/** By task, how often it has ended. */
export function endsIn(events, tasks) {
  const ends = new Map([...tasks.keys()].map((id) => [id, 0]));
  for (const { action, taskId } of events) {
    if (ENDS.has(action) && ends.has(taskId)) ends.set(taskId, ends.get(taskId) + 1);
  }
  return ends;
}

/** The tasks whose runs were lost when the pool was opened last; `newestFirst` is read no further than that. */
export async function interruptedIn(newestFirst) {
  const ids = new Set();
  for await (const { action, taskId } of newestFirst) {
    if (action === 'lost') ids.add(taskId);
    if (action === 'open') break;
  }
  return ids;
}
