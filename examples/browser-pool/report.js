// What the driver reads: the figures of the page as JSON in the script element with the id `report`.

import { summariseWaits } from './panels/figures.js';

/** The most units that the tasks rendered held at once, by the clocks of the workers that held them. */
export function peakHeld(tasks) {
  const changes = tasks
    .filter((task) => task.held)
    .flatMap(({ units, held }) => [
      { at: held.startedAt, units },
      { at: held.endedAt, units: -units },
    ]);
  changes.sort((a, b) => a.at - b.at || a.units - b.units);
  return peakOf(changes.map((change) => change.units));
}

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

export function writeReport(element, session, { state, cap, peak, peakAudited, failures }) {
  const tasks = [...session.tasks.values()];
  const withStatus = (status) => tasks.filter((task) => task.status === status).length;
  const waits = summariseWaits(tasks);
  element.textContent = JSON.stringify({
    state,
    views: session.views.length,
    workers: session.workers,
    elapsedMs: Math.round(session.elapsedMs),
    tasks: {
      submitted: tasks.length,
      parked: tasks.filter((task) => task.state === 'parked').length,
      running: tasks.filter((task) => task.state === 'running').length,
      completed: withStatus('completed'),
      cancelled: tasks.filter((task) => task.reason === 'cancelled').length,
      ended: tasks.filter((task) => task.state === 'ended').length,
    },
    units: { cap, peak, peakAudited, peakHeld: peakHeld(tasks) },
    waitsMs: waits,
    mailbox: { unread: session.mail.delivered, fetched: session.fetched, acknowledged: session.acknowledged },
    failures,
  });
}
