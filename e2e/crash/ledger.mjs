/** What the pages of one cycle told, and whether the laws held. */
export class Ledger {
  acknowledged = new Set();
  outcomes = new Map();
  /** Ids of the messages that somebody has seen in a mailbox. */
  messages = new Set();
  runs = [];
  refusals = new Map();
  volatile = 0;
  broken = [];

  /** With what the names of this cycle's tasks begin: the database knows those of earlier ones too. */
  constructor(prefix) {
    this.prefix = prefix;
  }

  hear(events) {
    for (const { what, id, tab, at, status, answer } of events) {
      if (what === 'acknowledged') this.acknowledged.add(id);
      else if (what === 'volatile') this.volatile += 1;
      else if (what === 'refused') this.refusals.set(id, (this.refusals.get(id) ?? 0) + 1);
      else if (what === 'outcome') this.noteOutcome(id, { status, answer }, 'told to its submitter');
      else if (what === 'message') {
        this.messages.add(id);
        this.noteOutcome(id, { status, answer }, 'seen in the mailbox');
      } else if (what === 'begin') this.runs.push({ id, tab, from: at, to: undefined });
      else this.runs.findLast((run) => run.id === id && run.tab === tab && run.to === undefined).to = at;
    }
  }

  /** The tabs have died, not before `since`: so has what ran in them. `tabs` undefined: all. */
  died(tabs, since) {
    for (const run of this.runs) {
      if (run.to !== undefined || (tabs !== undefined && !tabs.includes(run.tab))) continue;
      run.to = Math.max(run.from, since);
    }
  }

  noteOutcome(id, outcome, where) {
    const before = this.outcomes.get(id);
    if (before && (before.status !== outcome.status || before.answer !== outcome.answer)) {
      this.broken.push(`a second outcome of ${id}, ${where}: ${JSON.stringify([before, outcome])}`);
    }
    this.outcomes.set(id, outcome);
    if (outcome.status !== 'completed' || outcome.answer !== id) {
      this.broken.push(`a wrong outcome of ${id}, ${where}: ${JSON.stringify(outcome)}`);
    }
  }

  /** Every acknowledged task is known and has ended, every outcome is the one that was told. A pool in memory keeps neither. */
  checkTasks(known, { isKept }) {
    const byId = new Map(known.map((task) => [task.id, task]));
    for (const id of this.acknowledged) {
      if (!byId.has(id)) this.broken.push(`lost: ${id} was acknowledged and is not known`);
    }
    for (const id of this.outcomes.keys()) {
      if (isKept && !byId.has(id)) this.broken.push(`lost: the outcome of ${id} was told and is not known`);
    }
    for (const { id, status, answer } of known) {
      if (id.startsWith(this.prefix)) this.noteOutcome(id, { status, answer }, 'in the pool');
    }
    this.known = byId;
  }

  /** Each outcome was delivered exactly once, and what was seen in the mailbox is still there. */
  checkMessages(messages) {
    const seen = new Set();
    for (const { id, status, answer } of messages) {
      if (seen.has(id)) this.broken.push(`delivered twice: ${id}`);
      seen.add(id);
      this.noteOutcome(id, { status, answer }, 'in the mailbox');
    }
    for (const id of this.acknowledged) {
      if (!seen.has(id)) this.broken.push(`not delivered: ${id}`);
    }
    for (const id of this.messages) {
      if (!seen.has(id)) this.broken.push(`lost: the message about ${id} was seen and is gone`);
    }
  }

  /** Runs with their moments, in milliseconds from `at`. */
  spelled(runs, at) {
    const from = (moment) => (moment === undefined ? 'open' : (moment - at).toFixed(1));
    return runs
      .map((run) => `${run.id} in tab ${run.tab} from ${from(run.from)} to ${from(run.to)}`)
      .join(', ');
  }

  /** At no moment did the runs of all tabs use more than there is. Tasks cost 1 to 3 units, as their number says. */
  checkCapacity(unitsMax) {
    const changes = this.runs.flatMap(({ id, from, to }) => {
      const units = 1 + (Number(id.split('-').at(-1)) % 3);
      return [
        { at: from, units, id },
        { at: to ?? Number.POSITIVE_INFINITY, units: -units, id },
      ];
    });
    changes.sort((a, b) => a.at - b.at || a.units - b.units);
    let inUse = 0;
    for (const { at, units, id } of changes) {
      inUse += units;
      // Clocks of tabs differ by less than a millisecond.
      const isLasting = !changes.some((other) => other.units < 0 && other.at >= at && other.at < at + 1);
      if (inUse > unitsMax && isLasting) {
        const spans = this.runs.filter(({ from, to }) => from <= at && (to ?? at) >= at);
        this.broken.push(`${inUse} of ${unitsMax} units in use when ${id} began: ${this.spelled(spans, at)}`);
        return;
      }
    }
  }
}
