// The report on the terminal, and what would make the demo fail.

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

/** Sentences, one per promise that was not kept; empty if all is well. */
export function faultsOf({ report, byHand }, pageErrors) {
  const { tasks, units, mailbox } = report;
  const faults = [...pageErrors].map((error) => `the page logged an error: ${error}`);
  const peak = Math.max(units.peak, units.peakHeld, units.peakAudited);
  if (peak > units.cap) faults.push(`${peak} units were in use at once; the cap is ${units.cap}`);
  if (tasks.completed + tasks.cancelled !== tasks.submitted) faults.push('some tasks neither completed nor were cancelled');
  if (tasks.cancelled !== 2) faults.push(`${tasks.cancelled} tasks were cancelled, not 2`);
  if (mailbox.fetched !== tasks.submitted) faults.push(`${mailbox.fetched} outcomes fetched for ${tasks.submitted} tasks`);
  if (mailbox.acknowledged !== mailbox.fetched || mailbox.unread !== 0) faults.push('the mailbox is not empty');
  if (byHand.startedInPause !== 0) faults.push(`${byHand.startedInPause} tasks started while the pool was paused`);
  return faults;
}

export function printReport({ report, byHand }, { chromium, pictures }) {
  const { tasks, units, waitsMs, mailbox } = report;
  const rows = [
    ['tasks', `${tasks.completed} completed`, `${tasks.cancelled} cancelled`, `of ${tasks.submitted}`],
    ['units', `peak ${units.peak} of ${units.cap}`, `${units.peakAudited} in the audit log`, `${units.peakHeld} by the workers' clocks`],
    ['waits', `mean ${seconds(waitsMs.mean)}`, `95 % within ${seconds(waitsMs.p95)}`, `longest ${seconds(waitsMs.max)}`],
    ['mailbox', `${mailbox.fetched} fetched`, `${mailbox.acknowledged} acknowledged`, `${mailbox.unread} left`],
    ['workers', `${report.workers} in Chromium ${chromium}`, `${seconds(report.elapsedMs)} in all`],
    ['paused', `${byHand.startedInPause} starts meanwhile`],
    ['switched', byHand.switched, `number ${byHand.from} → number 1 at the gate`],
    ['cancelled', `${byHand.cancelled}, parked`, `${byHand.cancelledRunning}, running`],
    ['pictures', ['demo', 'demo-dark', 'demo-narrow'].map((name) => `${pictures}/${name}.png`).join('  ')],
  ];
  console.log('');
  for (const [name, ...cells] of rows) {
    console.log(`  ${name.padEnd(11)}${cells.map((cell) => cell.padEnd(25)).join('').trimEnd()}`);
  }
  console.log('');
}

/** What the deaths and the two tabs came to. */
export function printAfterlife({ killed, sharing }) {
  const { parked, interrupted, outcomes } = killed.recovered;
  console.log(`  kill -9     of the tab with ${killed.running} tasks running, ${killed.parked} parked, ${killed.unread} outcomes in the mailbox`);
  console.log(`  opened      again: ${parked} still parked, ${interrupted} interrupted and run again, ${outcomes} outcomes found in the mailbox`);
  console.log(`  after that  ${killed.submitted} tasks, each ended once; ${killed.fetched} outcomes in the mailbox, each once`);
  console.log(`  two tabs    ${sharing.byFollower} tasks of the one that follows; the one that leads was closed with ${sharing.left} to go,`);
  console.log(`              the other one led after ${seconds(sharing.takeoverMs)}, and all ended once\n`);
}

export function printVerdict(faults) {
  for (const fault of faults) console.log(`  FAILED: ${fault}`);
  if (faults.length === 0) console.log('  The cap was kept, every task ended once, every outcome arrived.\n');
}
