// Draws when tasks waited and ran, one line each.

const WIDTH = 48;

/** `tasks`: `{name, units, priority, submittedAt, startedAt, finishedAt, status}`, times as Date. */
export function drawTimeline(tasks) {
  const from = Math.min(...tasks.map((task) => task.submittedAt));
  const to = Math.max(...tasks.map((task) => task.finishedAt));
  const column = (time) => Math.round(((time - from) / Math.max(1, to - from)) * WIDTH);
  const nameWidth = Math.max(...tasks.map((task) => task.name.length)) + 2;
  const lines = tasks.map((task) => {
    const start = column(task.startedAt ?? task.finishedAt);
    const end = Math.max(start + (task.startedAt ? 1 : 0), column(task.finishedAt));
    const bar = `${' '.repeat(column(task.submittedAt))}${'·'.repeat(start - column(task.submittedAt))}${'█'.repeat(end - start)}`;
    const label = `${task.name.padEnd(nameWidth)}${task.priority.padEnd(9)}${String(task.units).padStart(5)}`;
    return `  ${label}  ${bar.padEnd(WIDTH + 1)} ${task.status}`;
  });
  return [`  ${'task'.padEnd(nameWidth)}priority units  · parked  █ running, ${to - from} ms in all`, ...lines].join('\n');
}

/** The most units in use at once. An end counts before a start at the same millisecond. */
export function peakUnits(tasks) {
  const changes = tasks
    .filter((task) => task.startedAt)
    .flatMap(({ units, startedAt, finishedAt }) => [
      { at: +startedAt, units },
      { at: +finishedAt, units: -units },
    ])
    .sort((a, b) => a.at - b.at || a.units - b.units);
  let inUse = 0;
  return Math.max(...changes.map((change) => (inUse += change.units)));
}
