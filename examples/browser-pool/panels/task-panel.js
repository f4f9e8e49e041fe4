// The chosen task: what it is, what it waits for, its priority, its history from the audit log. While none is chosen,
// the latest events of the pool.

import { clock, formatMebibytes, formatSeconds, node } from './format.js';

const PRIORITIES = ['low', 'normal', 'high', 'critical'];
const LATEST = 14;

/** What a parked task waits for, in this pool. */
const WAITS = {
  nothing: 'its start',
  capacity: 'free units',
  executor_busy: 'a free worker',
  no_executor: 'a worker',
  guard: 'a task that has waited too long',
  head: 'the first in line',
  paused: 'the pool to resume',
  over_use: 'units to be given back',
};

/** The pool is asked no more often than this. */
const PAUSE_MS = 150;

export class TaskPanel {
  #heading;
  #box;
  #session;
  #act;
  #parts;
  #reading = false;
  #stale = false;

  /** `elements`: heading, box. `act` has `cancel(id)` and `setPriority(id, priority)`. */
  constructor({ heading, box }, session, act) {
    this.#heading = heading;
    this.#box = box;
    this.#session = session;
    this.#act = act;
  }

  /** Shows this task, or the latest events. */
  choose(id) {
    this.id = id;
    this.#parts = undefined;
    this.#box.classList.toggle('chosen', id !== undefined);
    this.#heading.textContent = id === undefined ? 'Latest events' : `Task ${this.#session.tasks.get(id).number}`;
    if (id === undefined) this.#box.replaceChildren();
    else this.#build(this.#session.tasks.get(id));
  }

  /** Reads anew what the pool and the audit log say; calls that come meanwhile are joined. */
  async refresh() {
    this.#stale = true;
    if (this.#reading || !this.#session.opened) return;
    this.#reading = true;
    try {
      while (this.#stale) {
        this.#stale = false;
        await (this.id === undefined ? this.#showLatest() : this.#showTask(this.id));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } finally {
      this.#reading = false;
    }
  }

  async #showLatest() {
    const events = await this.#session.latest(LATEST);
    if (this.id !== undefined) return;
    const rows = node('ol', 'rows latest');
    rows.append(...events.map((event) => eventRow(event, this.#session.tasks.get(event.taskId))));
    this.#box.replaceChildren(rows);
  }

  async #showTask(id) {
    const task = this.#session.tasks.get(id);
    const explanation = task.state === 'parked' ? await this.#session.explain(id) : undefined;
    const events = await this.#session.history(id);
    if (this.id === id) this.#show(task, explanation, events);
  }

  #build(task) {
    const name = node('p', 'name', `${task.vehicle}, ${task.units} ${task.units === 1 ? 'unit' : 'units'}`);
    const size = node('p', 'note', `${task.tile.width} × ${task.tile.height} px, ${formatMebibytes(task.tile.bytes)} of samples`);
    const state = node('p', 'state');
    const choice = this.#buildChoice(task);
    const cancel = node('button', '', 'Cancel the task');
    cancel.type = 'button';
    cancel.id = 'cancel';
    cancel.addEventListener('click', () => this.#act.cancel(task.id));
    const rows = node('ol', 'rows');
    rows.tabIndex = 0;
    rows.setAttribute('aria-label', 'Audit events of the task');
    const facts = node('div', 'facts', name, size, state, choice, node('div', 'actions', cancel));
    this.#box.replaceChildren(facts, node('div', 'history', node('h3', '', 'Audit log'), rows));
    this.#parts = { state, choice, cancel, rows };
  }

  #buildChoice(task) {
    const choice = node('fieldset', 'choice');
    choice.append(node('legend', 'unseen', 'Priority'));
    for (const priority of PRIORITIES) {
      const input = node('input');
      input.type = 'radio';
      input.name = 'priority';
      input.value = priority;
      input.addEventListener('change', () => this.#act.setPriority(task.id, priority));
      choice.append(node('label', `p-${priority}`, input, priority));
    }
    return choice;
  }

  #show(task, explanation, events) {
    const { state, choice, cancel, rows } = this.#parts;
    state.textContent = describeState(task, explanation);
    choice.disabled = task.state !== 'parked';
    for (const input of choice.querySelectorAll('input')) input.checked = input.value === task.priority;
    cancel.disabled = task.state === 'ended';
    if (rows.childElementCount !== events.length) rows.replaceChildren(...events.map((event) => eventRow(event)));
  }
}

function describeState(task, explanation) {
  if (task.state === 'ended') {
    const reason = task.reason ? ` (${task.reason})` : '';
    return `${task.status}${reason} after ${formatSeconds(task.endedAt - task.submittedAt)} s`;
  }
  if (task.state === 'running') return `running, ${Math.round(task.progress * 100)} % rendered`;
  if (!explanation) return 'parked';
  const { position, unitsAhead, waitsFor } = explanation;
  return `parked, number ${position}, ${unitsAhead} units ahead; waits for ${WAITS[waitsFor] ?? waitsFor}`;
}

/** With its task, where that is not plain from the place. */
function eventRow({ at, action, detail }, task) {
  const row = node('li', '', node('span', 'when', clock(at)), node('span', 'what', describeEvent(action, detail)));
  if (task) row.append(node('span', `status key p-${task.priority}`, `task ${task.number}`));
  return row;
}

function describeEvent(action, { reason, attempt }) {
  if (reason) return `${action}: ${reason}`;
  return attempt > 1 ? `${action}, attempt ${attempt}` : action;
}
