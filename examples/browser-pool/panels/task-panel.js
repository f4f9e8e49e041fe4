// The chosen task: what it is, what it waits for, its priority, its history from the audit log.

import { clock, formatSeconds, node } from './format.js';

const PRIORITIES = ['low', 'normal', 'high', 'critical'];

export class TaskPanel {
  #box;
  #session;
  #act;
  #parts;
  #reading = false;

  /** `act` has `cancel(id)` and `setPriority(id, priority)`. */
  constructor(box, session, act) {
    this.#box = box;
    this.#session = session;
    this.#act = act;
  }

  /** Shows this task, or none. */
  choose(id) {
    this.id = id;
    this.#parts = undefined;
    if (id === undefined) {
      this.#box.replaceChildren(node('p', 'empty', 'Choose a vehicle to see its task and its history.'));
      return;
    }
    this.#build(this.#session.tasks.get(id));
    void this.refresh();
  }

  /** Reads anew what the pool and the audit log say of it. At most one reading is under way. */
  async refresh() {
    const id = this.id;
    if (id === undefined || this.#reading) return;
    this.#reading = true;
    try {
      const task = this.#session.tasks.get(id);
      const explanation = task.state === 'parked' ? await this.#session.explain(id) : undefined;
      const events = await this.#session.history(id);
      if (this.id === id) this.#show(task, explanation, events);
    } finally {
      this.#reading = false;
    }
  }

  #build(task) {
    const name = node('p', 'name', `Task ${task.number}: ${task.vehicle}, ${task.units} ${task.units === 1 ? 'unit' : 'units'}`);
    const size = node('p', 'note', `${task.tile.width} × ${task.tile.height} px, ${Math.round(task.tile.bytes / 1024)} KiB of samples`);
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
    if (rows.childElementCount !== events.length) rows.replaceChildren(...events.map(eventRow));
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
  return `parked, number ${position}, ${unitsAhead} units ahead; waits for ${String(waitsFor).replaceAll('_', ' ')}`;
}

function eventRow(event) {
  return node('li', '', node('span', 'when', clock(event.at)), node('span', 'what', event.action));
}
