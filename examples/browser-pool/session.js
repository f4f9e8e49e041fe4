// What the page knows of the pool: one record per task, moved along by the pool's answers. The pool itself is in this
// browser's storage, so that its tasks may be older than the page, or another tab's.

import { MailReader } from './mail-reader.js';
import { openPool } from './pool.js';
import { endsIn, interruptedIn, peakIn } from './trail.js';
import { recordOf, TILES, tileId } from './tile-record.js';
import { VIEWS } from './picture/views.js';

const RANK = { low: 0, normal: 1, high: 2, critical: 3 };

/** What other tabs change is looked up this often. */
const LOOK_MS = 400;

/** Held by every tab of this page, so that they can be counted. */
const TAB_LOCK = 'browser-pool:tab';

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
  tabs = 1;
  #pool;
  #lastSeen = 0;
  #trail = { ended: -1 };

  /** Opens what is stored; its tasks go on at once. Then `recovered` tells what was found, if anything was. */
  async open(workers) {
    void navigator.locks.request(TAB_LOCK, { mode: 'shared' }, () => new Promise(() => {}));
    this.#pool = await openPool(workers);
    this.workers = workers;
    this.openedAt = Date.now();
    this.mailbox = new MailReader(this.#pool, () => this.#changed());
    const [outcomes] = await Promise.all([this.mailbox.open(), this.#look()]);
    if (this.views.length > 0) this.recovered = await this.#countRecovered(outcomes);
    this.#changed();
    void this.#keepLooking();
  }

  get opened() {
    return this.openedAt !== undefined;
  }

  async #countRecovered(outcomes) {
    const live = [...this.tasks.values()].filter((task) => task.state !== 'ended');
    const interrupted = this.leads ? await interruptedIn(this.#pool.auditBackwards()) : new Set();
    const parked = live.filter(({ id }) => !interrupted.has(id)).length;
    return { led: this.leads, parked, interrupted: interrupted.size, outcomes };
  }

  /** Submits the tiles of the next view; after the deepest it begins anew. */
  async addView() {
    const number = this.views.length;
    this.#showView(number);
    await Promise.all(Array.from({ length: TILES }, (_, index) => this.#submit(tileId(number, index))));
  }

  #showView(number) {
    while (this.views.length <= number) this.views.push(VIEWS[this.views.length % VIEWS.length]);
  }

  async #submit(id) {
    const record = recordOf(id);
    this.tasks.set(id, record);
    await this.#follow(record);
  }

  /** A task that is known to the pool already is joined: nothing is started twice. */
  async #follow(record) {
    const { id, tile, units, priority } = record;
    const task = await this.#pool.submit(id, { payload: tile.order, units, priority });
    this.#changed();
    void this.#followProgress(record, task);
    void this.#followOutcome(record, task);
  }

  async #followProgress(record, task) {
    for await (const progress of task.progress()) {
      if (record.state === 'ended') return;
      this.#run(record, Date.now());
      record.progress = progress;
      this.#changed();
    }
  }

  async #followOutcome(record, task) {
    try {
      this.#end(record, await task.outcome());
    } catch (error) {
      // Without storage a task ends with the tab that led.
      if (error.code !== 'lost') throw error;
      this.#end(record, { status: 'failed', reason: 'lost', finishedAt: new Date() });
    }
  }

  #run(record, startedAt) {
    if (record.state === 'running') return;
    record.state = 'running';
    record.startedAt = startedAt;
  }

  #end(record, { status, reason, result, finishedAt }) {
    Object.assign(record, { state: 'ended', status, reason, endedAt: finishedAt.getTime() });
    if (status === 'completed' && result !== undefined) {
      const { bytes, startedAt, endedAt } = result;
      record.startedAt ??= startedAt;
      record.held = { bytes, startedAt, endedAt };
      if (record.view > this.views.length - 1 - VIEWS.length) {
        this.dispatchEvent(new CustomEvent('tile', { detail: { record, result } }));
      }
    }
    this.#changed();
  }

  async #keepLooking() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      await this.#look();
      await this.mailbox.look();
    }
  }

  /** Tasks of other tabs, or of the time before this page; what others changed; who leads; whether storage holds. */
  async #look() {
    const fresh = [];
    for await (const view of this.#pool.tasks({ after: this.#lastSeen })) {
      this.#lastSeen = view.admission;
      if (!this.tasks.has(view.taskId)) fresh.push(view);
    }
    for (const { taskId } of fresh) this.#showView(recordOf(taskId).view);
    await Promise.all(fresh.map((view) => this.#adopt(view)));
    for await (const view of this.#pool.tasks({ status: 'running' })) {
      const record = this.tasks.get(view.taskId);
      if (record?.state === 'parked') this.#run(record, view.startedAt.getTime());
    }
    for await (const { taskId, priority } of this.#pool.tasks({ status: 'queued' })) {
      const record = this.tasks.get(taskId);
      if (record && record.state !== 'ended') Object.assign(record, { priority, state: 'parked', progress: 0 });
    }
    await this.#lookRound();
    this.#changed();
  }

  async #lookRound() {
    const [{ state }, { durability, leads, pools }, { held }] = await Promise.all([
      this.#pool.stats(),
      this.#pool.health(),
      navigator.locks.query(),
    ]);
    this.paused = state === 'paused';
    this.tookOver ||= this.leads === false && leads;
    const reason = Object.values(pools)[0].reason;
    Object.assign(this, { durability, leads, storageTrouble: reason });
    this.tabs = Math.max(1, held.filter(({ name }) => name === TAB_LOCK).length);
  }

  async #adopt({ taskId, priority, submittedAt, startedAt, outcome }) {
    const record = { ...recordOf(taskId), priority, submittedAt: submittedAt.getTime(), startedAt: startedAt?.getTime() };
    this.tasks.set(taskId, record);
    if (outcome) this.#end(record, outcome);
    else await this.#follow(record);
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
    return this.#pool.cancel(id);
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

  /**
   * From the audit log, over all lives of this page: `peak`, the most units in use at once, and `ends`, how often the
   * tasks that are known have ended, which is once each.
   */
  async trail() {
    const ended = this.#inState('ended').length;
    if (this.#trail.ended !== ended) {
      const events = [];
      for await (const event of this.#pool.audit()) events.push(event);
      this.#trail = { ended, peak: peakIn(events, this.tasks), ends: endsIn(events, this.tasks) };
    }
    return this.#trail;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
