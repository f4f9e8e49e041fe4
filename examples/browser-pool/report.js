// What the driver reads: the figures of the page as JSON in the script element with the id `report`.

import { summariseWaits } from './panels/figures.js';
import { peakOf } from './trail.js';

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

export function writeReport(element, session, { state, cap, peak, trail, survival, failures }) {
  const tasks = [...session.tasks.values()];
  const withStatus = (status) => tasks.filter((task) => task.status === status).length;
  const waits = summariseWaits(tasks);
  element.textContent = JSON.stringify({
    state,
    views: session.views.length,
    workers: session.workers,
    elapsedMs: session.opened ? Date.now() - session.openedAt : 0,
    survival: { text: survival, durability: session.durability, leads: session.leads, tabs: session.tabs, recovered: session.recovered },
    tasks: {
      submitted: tasks.length,
      parked: tasks.filter((task) => task.state === 'parked').length,
      running: tasks.filter((task) => task.state === 'running').length,
      completed: withStatus('completed'),
      cancelled: tasks.filter((task) => task.reason === 'cancelled').length,
      ended: tasks.filter((task) => task.state === 'ended').length,
      withoutOneEnd: trail && [...trail.ends].filter(([, ends]) => ends !== 1).map(([id]) => id),
    },
    units: { cap, peak, peakAudited: trail?.peak, peakHeld: peakHeld(tasks) },
    waitsMs: waits,
    mailbox: mailboxIn(session.mailbox),
    failures,
  });
}

function mailboxIn({ delivered = 0, fetched = 0, acknowledged = 0 } = {}) {
  return { unread: delivered, fetched, acknowledged };
}
