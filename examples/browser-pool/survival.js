// What of the pool outlives this tab, and what an earlier life of it has left.

import { DEATH } from './kill.js';

/** A sentence or some, and whether they are bad news. */
export function describeSurvival(session) {
  if (!session.opened) {
    return { text: 'Tasks and outcomes are kept in this browser, and go on when their tab was killed.' };
  }
  if (session.durability === 'volatile') {
    const why = session.storageTrouble ? ` (${session.storageTrouble})` : '';
    return { isBad: true, text: `In memory only: this browser refuses to store${why}. What this page has goes with it.` };
  }
  return { text: `${describeSharing(session)} ${describeRecovery(session.recovered) ?? DEATH}` };
}

function describeSharing({ tabs, leads, tookOver }) {
  if (tabs > 1) return `Kept in this browser, shared by ${tabs} tabs; ${leads ? 'this one' : 'another one'} leads.`;
  return tookOver ? 'Kept in this browser. The tab that led has gone; this one has taken over.' : 'Kept in this browser.';
}

function describeRecovery(recovered) {
  if (!recovered?.led) return undefined;
  const { parked, interrupted, outcomes } = recovered;
  const found = `${outcomes} ${outcomes === 1 ? 'outcome' : 'outcomes'} found in the mailbox`;
  if (parked + interrupted === 0) return `Back again: ${found}.`;
  return `Back again: ${parked} still parked, ${interrupted} interrupted and run again, ${found}.`;
}
