// What the page knows of its tasks: one record per task, moved along by the pool's answers.

import { VIEWS } from './picture/views.js';
import { planView } from './picture/plan.js';
import { openPool } from './pool.js';
import { vehicleName } from './lot/vehicle.js';
import { peakOf } from './report.js';

/** Audit actions after which a run holds nothing. */
const ENDS = new Set(['complete', 'fail', 'expire', 'drop', 'retry', 'lost']);

const RANK = { low: 0, normal: 1, high: 2, critical: 3 };

/**
 * Dispatches `change` whenever anything shown may differ, and `tile` with the task and its result when one is
 * completed.
 *
 * A task's `state` is `parked`, `running` or `ended`; an ended one has a `status`.
 */
export class Session extends EventTarget {
  tasks = new Map();
  views = [];
  paused = false;
  fetched = 0;
  acknowledged = 0;
  #pool;
  #handles = new Map();
  #startedAt;
  #ended = 0;
  #mailCursor;

  async open(workers) {
    this.#pool = await openPool(workers);
    this.workers = workers;
    this.#startedAt = performance.now();
  }

  get opened() {
    return this.#pool !== undefined;
  }

  /** Submits the tiles of the next view; after the deepest it begins anew. */
  async addView() {
    const number = this.views.length;
    const view = VIEWS[number % VIEWS.length];
    this.views.push(view);
    const tiles = planView(view);
    await Promise.all(tiles.map((tile, index) => this.#submit(number, index, tile)));
  }

  async #submit(view, index, tile) {
    const id = `view${view + 1}-tile${index + 1}`;
    const record = {
      id,
      number: this.tasks.size + 1,
      view,
      tile,
      units: tile.units,
      priority: tile.priority,
      vehicle: vehicleName(tile.units),
      state: 'parked',
      progress: 0,
      submittedAt: performance.now(),
    };
    this.tasks.set(id, record);
    const task = await this.#pool.submit(id, { payload: tile.order, units: tile.units, priority: tile.priority });
    this.#handles.set(id, task);
    this.#changed();
    void this.#followProgress(record, task);
    void this.#followOutcome(record, task);
  }

  async #followProgress(record, task) {
    for await (const progress of task.progress()) {
      if (record.state === 'ended') return;
      if (record.state === 'parked') {
        record.state = 'running';
        record.startedAt = performance.now();
      }
      record.progress = progress;
      this.#changed();
    }
  }

  async #followOutcome(record, task) {
    const outcome = await task.outcome();
    record.state = 'ended';
    record.status = outcome.status;
    record.reason = outcome.reason;
    record.endedAt = performance.now();
    if (outcome.status === 'completed') {
      const { bytes, startedAt, endedAt } = outcome.result;
      record.startedAt ??= startedAt - performance.timeOrigin;
      record.held = { bytes, startedAt, endedAt };
      this.dispatchEvent(new CustomEvent('tile', { detail: { record, result: outcome.result } }));
    }
    this.#ended += 1;
    this.#changed();
  }

  /** Parked tasks in leaving order: by priority, then by admission, which is the order of submission here. */
  get parked() {
    const parked = this.#inState('parked');
    return parked.sort((a, b) => RANK[b.priority] - RANK[a.priority] || a.number - b.number);
  }

  get running() {
    return this.#inState('running');
  }

  #inState(state) {
    return [...this.tasks.values()].filter((task) => task.state === state);
  }

  get busy() {
    return [...this.tasks.values()].some((task) => task.state !== 'ended');
  }

  /** Answers whether the task had not ended yet. */
  async cancel(id) {
    return this.#handles.get(id).cancel();
  }

  /** Answers whether the task was still parked and has the priority now. */
  async setPriority(id, priority) {
    const record = this.tasks.get(id);
    if (record.state !== 'parked' || record.priority === priority) return false;
    if (!(await this.#pool.setPriority(id, priority))) return false;
    record.priority = priority;
    this.#changed();
    return true;
  }

  async setPaused(paused) {
    await (paused ? this.#pool.pause() : this.#pool.resume());
    this.paused = paused;
    this.#changed();
  }

  stats() {
    return this.#pool.stats();
  }

  explain(id) {
    return this.#pool.explain(id);
  }

  /** The audit events of a task, oldest first. */
  history(id) {
    return this.#pool.history(id);
  }

  /** The latest audit events of the pool, newest first. */
  latest(limit) {
    return this.#pool.latest(limit);
  }

  /** The most units in use at once, counted anew from the audit log; undefined if the log no longer has it all. */
  async peakAudited() {
    const changes = [];
    const running = new Set();
    for await (const { action, taskId } of this.#pool.audit()) {
      const units = this.tasks.get(taskId)?.units ?? 0;
      if (action === 'start') {
        running.add(taskId);
        changes.push(units);
      } else if (ENDS.has(action) && running.delete(taskId)) {
        changes.push(-units);
      }
    }
    return peakOf(changes);
  }

  /** The oldest outcomes in the mailbox that have not been fetched yet, at most a page of them. */
  async fetchMail() {
    const messages = await this.#pool.fetch(this.#mailCursor);
    this.#mailCursor = messages.at(-1)?.cursor ?? this.#mailCursor;
    this.fetched += messages.length;
    this.#changed();
    return messages;
  }

  /** Drops from the mailbox what has been fetched. */
  async acknowledgeMail() {
    const through = this.fetched;
    await this.#pool.acknowledge(this.#mailCursor);
    this.acknowledged = through;
    this.#changed();
  }

  /** Outcomes in the mailbox. */
  get mail() {
    const delivered = this.#ended - this.acknowledged;
    return { delivered, toFetch: this.#ended - this.fetched, toAcknowledge: this.fetched - this.acknowledged };
  }

  get elapsedMs() {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
