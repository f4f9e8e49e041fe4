import { onAbort } from './abort-listeners.js';
import { checkObject } from './checked.js';
import { type PoolState, type Priority, poolStates, type Status, statuses } from './codes.js';
import type { LongTaskSpec, MomentLike, PoolSettings, RunOptions, TaskSpec } from './config.js';
import { configText } from './config-text.js';
import { type ConfigIssue, invalid, ParkingLotError, refuseIssues } from './errors.js';
import type { Host } from './host.js';
import { momentMs } from './moments.js';
import type { NameCache } from './names.js';
import { type PoolMoment, poolMomentIn } from './pool-moment.js';
import { type PoolStats, statsOf } from './pool-stats.js';
import { type RunFunction, RunSubmission } from './realm-run.js';
import { storedText } from './stored-value.js';
import { cancelledBy, type Task, type TaskHome, TaskSubmission } from './task.js';
import { checkPriority, type SpecReader } from './task-spec.js';
import {
  type Explanation,
  explanationOf,
  type RawView,
  type TaskPage,
  type TaskView,
  viewOf,
} from './views.js';
import { Answers, Field, TaskCommand } from './wasm/raw.js';

/** What a lot knows of a pool from its config. */
export interface PoolFacts {
  readonly name: string;
  readonly index: number;
  /** Where it counts several resources, of the one of which it has most. */
  readonly maxUnits: number;
  /** Names of the resources, in the core's order; none where the pool simply counts units. */
  readonly resources: readonly string[];
  /** Runs of an executor at once; undefined: as many as units allow. */
  readonly runsMax?: number | undefined;
  readonly heartbeatMs: number;
  readonly killGraceMs: number;
  readonly defaultTimeoutMs: number;
  /** Its runtime is `web_worker`. */
  readonly isForWorkers: boolean;
  readonly maxOutputBytes: number;
  /** Its tasks are stored: payloads are JSON. */
  readonly isDurable: boolean;
}

/** The realm in which the functions of `pool.run` run: this one. */
export const ownRealm = 1;

/** Where a submission comes from. */
export interface Origin {
  /** The only realm that can run it; 0: any executor may. */
  readonly realm: number;
  /** Who hears that its connection is gone (`onDisconnect`); 0: nobody. */
  readonly client: number;
}
const here: Origin = { realm: 0, client: 0 };
const pinnedHere: Origin = { realm: ownRealm, client: 0 };

/** One pool of a lot. */
export class Pool<Payload = unknown, Result = unknown> {
  readonly name: string;
  private readonly index: number;
  private readonly home: TaskHome;

  /** Made by `lot.pool(name)`. */
  constructor(
    private readonly host: Host,
    private readonly facts: PoolFacts,
    private readonly reader: SpecReader,
    private readonly names: NameCache,
  ) {
    this.name = facts.name;
    this.index = facts.index;
    this.home = { host, pool: facts.index, poolName: facts.name };
  }

  /**
   * Submits a task for the pool's executor. Resolves when the core has admitted it, to run or to park; rejects with a
   * ParkingLotError that says why it was refused. An aborted `signal` cancels the task.
   */
  submit(
    spec: TaskSpec<Payload> & LongTaskSpec = {},
    options?: { signal?: AbortSignal },
  ): Promise<Task<Result>> {
    try {
      return this.submitFrom(here, spec, signalOf(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Submits for a realm that may be another one. @internal */
  submitFrom(origin: Origin, spec: object, signal?: AbortSignal): Promise<Task<Result>> {
    let stored: string | undefined;
    try {
      this.host.assertOpen();
      checkOptions(spec, 'task');
      const reading = this.reader.read(spec, 'submit');
      this.reader.spreadCost(this.facts.resources);
      if (this.facts.isDurable && origin.realm === 0) stored = this.storedPayload();
      this.reader.assertLast(reading);
    } catch (error) {
      return Promise.reject(error);
    }
    if (signal?.aborted) return Promise.reject(cancelledBy(signal));
    const { payload, taskId } = this.reader;
    const promise = new Promise<Task<Result>>(capture as Capture<Task<Result>>);
    const submission = new TaskSubmission(
      this.home,
      stored === undefined ? payload : undefined,
      captured.resolve,
    );
    if (taskId !== '') submission.rare.taskId = taskId;
    const index = this.host.add(submission);
    this.queue(index, Answers.all, origin, stored);
    if (signal) submission.listen(signal, index);
    return promise;
  }

  /**
   * Runs a function in this realm as soon as the pool has the units for it. Resolves with what it returns, rejects with
   * its own error, or with a ParkingLotError if it was refused, expired, or cancelled. A function that is told to stop
   * by its signal keeps its units until it returns, at most for the pool's `kill_grace_secs` and `quarantine_secs`.
   */
  run<T>(fn: RunFunction<T>, options?: RunOptions): Promise<T> {
    try {
      this.host.assertOpen();
      if (typeof fn !== 'function') throw invalid('invalid_argument', 'fn', 'must be a function', fn);
      if (options !== undefined) checkOptions(options, 'options');
      const reading = this.reader.read(options ?? noOptions, 'run');
      this.reader.spreadCost(this.facts.resources);
      this.reader.assertLast(reading);
    } catch (error) {
      return Promise.reject(error);
    }
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(cancelledBy(signal));
    const isTimed =
      this.facts.defaultTimeoutMs > 0 || (!this.reader.isPlain && this.reader.numbers[Field.timeout]! > 0);
    const promise = new Promise<T>(capture as Capture<T>);
    const submission = new RunSubmission(fn, captured.resolve);
    if (isTimed) submission.rare.isTimed = true;
    const index = this.host.add(submission);
    this.queue(index, Answers.failures, pinnedHere);
    if (options?.onProgress) submission.rare.onProgress = options.onProgress;
    if (signal) this.cancelOn(signal, submission, index);
    return promise;
  }

  /** The payload as it is stored; throws if it cannot be. */
  private storedPayload(): string | undefined {
    const { payload } = this.reader;
    return payload === undefined ? undefined : storedText('payload', payload);
  }

  private queue(request: number, answers: number, { realm, client }: Origin, stored?: string): void {
    const { reader, host } = this;
    if (reader.isPlain && client === 0 && !this.facts.isDurable) {
      host.core.submitFast(request, answers, this.index, reader.priority, reader.units, realm);
    } else {
      const numbers = reader.allNumbers;
      numbers[Field.request] = request;
      numbers[Field.answers] = answers;
      numbers[Field.pool] = this.index;
      numbers[Field.realm] = realm;
      numbers[Field.client] = client;
      numbers[Field.payload] = stored === undefined ? 0 : host.core.keep(stored);
      host.core.submit(numbers, reader.taskId);
    }
    host.schedule();
  }

  private cancelOn(signal: AbortSignal, submission: RunSubmission, index: number): void {
    submission.rare.stopListening = onAbort(signal, () => {
      if (submission.settled) return;
      this.host.settledOne();
      submission.abandoned(cancelledBy(signal));
      this.host.cancel(index);
    });
  }

  /** What is known of the task with this id; `unknown_task` if nothing is. */
  async status(taskId: string): Promise<TaskView<Result>> {
    return viewOf(await this.command<RawView>(TaskCommand.inspect, taskId), this.host);
  }

  /** Why a task waits, and behind whom. */
  async explain(taskId: string): Promise<Explanation> {
    return explanationOf(await this.command<RawView>(TaskCommand.explain, taskId), this.host);
  }

  /** Tasks in the order of their admission, with one status or any, a page at a time. */
  async tasks(query: { status?: Status; after?: number; limit?: number } = {}): Promise<TaskPage<Result>> {
    checkObject('query', query, ['status', 'after', 'limit']);
    const status = query.status === undefined ? -1 : statuses.indexOf(query.status);
    if (query.status !== undefined && status < 0) {
      throw invalid('invalid_argument', 'status', `must be one of ${statuses.join(', ')}`, query.status);
    }
    const after = wholeNumber('after', query.after ?? 0, 0, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber('limit', query.limit ?? 50, 1, 1000);
    const page = await this.host.ask<{ tasks: RawView[]; next: number }>((request) => {
      this.host.core.raw._pl_list(request, this.index, status, after, limit);
    });
    const tasks = page.tasks.map((view) => viewOf<Result>(view, this.host));
    return page.next === 0 ? { tasks } : { tasks, next: page.next };
  }

  /** Ends a task as `dropped`, reason `cancelled`; `wrong_state` if it has ended. */
  async cancel(taskId: string): Promise<void> {
    await this.command(TaskCommand.cancel, taskId);
  }

  /** Cancels all live tasks of a tenant; answers how many. */
  async cancelTenant(tenant: string): Promise<number> {
    return this.host.ask<number>((request) => {
      this.host.core.raw._pl_cancel_tenant(
        request,
        this.index,
        this.names.tenant(checkedText('tenant', tenant)),
      );
    });
  }

  /** Moves a parked task to another class. */
  async setPriority(taskId: string, priority: Priority): Promise<void> {
    await this.command(TaskCommand.setPriority, taskId, checkPriority(priority));
  }

  /** Parks what comes and starts nothing, until `resume`. Running tasks go on. */
  async pause(): Promise<void> {
    await this.setState('paused');
  }

  /** Undoes `pause`, `drain` and `disable`. */
  async resume(): Promise<void> {
    await this.setState('active');
  }

  /**
   * Refuses new tasks and runs what is parked. Answers true once no task is parked, waiting or running, and false if the
   * pool is told to do something else before: `resume`, `pause`, `disable`.
   */
  async drain(): Promise<boolean> {
    await this.setState('draining');
    return this.host.whenEmpty(this.index);
  }

  /** Refuses new tasks and starts nothing. */
  async disable(): Promise<void> {
    await this.setState('disabled');
  }

  /**
   * Changes settings while tasks wait and run: capacity, depth, policy, estimates, tenants, ageing. What is not named stays
   * as it is; `tenants` replaces all of them. Nothing that runs is ended: above a smaller capacity nothing starts until
   * enough is free. Rejects with `invalid_config` and all that is wrong.
   */
  async reconfigure(settings: PoolSettings): Promise<void> {
    checkOptions(settings, 'settings');
    const text = configText(settings);
    await this.host.ask((request) => {
      const issues = JSON.parse(this.host.core.raw.reconfigure(request, this.index, text)) as ConfigIssue[];
      refuseIssues(issues);
    });
  }

  async stats(): Promise<PoolStats> {
    this.host.flush();
    this.host.assertOpen();
    return this.figures();
  }

  /**
   * The pool as it was at a past moment, from the records of its store: as far back as `audit.retention_secs` says, over all
   * openings. Rejects with `unavailable` for a volatile pool, which keeps no records, and with `storage_unavailable` where
   * those of that time are not there. O(records between a checkpoint and then), without pause.
   */
  async at(moment: MomentLike): Promise<PoolMoment> {
    const { host, facts } = this;
    host.flush();
    host.assertOpen();
    const time = momentMs('moment', moment, host.clock.wall(), 'invalid_argument');
    if (!facts.isDurable) {
      const message = `Pool ${this.name} is volatile: only what a durable pool has stored tells its past.`;
      throw new ParkingLotError('unavailable', message);
    }
    return poolMomentIn(host.core.raw.pastOfPool(this.index, time), host);
  }

  /** Its lot is neither closed nor broken. @internal */
  get isOpen(): boolean {
    return !this.host.isOver;
  }

  /** What `stats` tells, at once. The lot must be open. @internal */
  figures(): PoolStats {
    this.host.flush();
    return statsOf(this.host.core.stats(this.index), this.facts.resources);
  }

  private async setState(state: PoolState): Promise<void> {
    await this.host.ask((request) => {
      this.host.core.raw._pl_set_pool_state(request, this.index, poolStates.indexOf(state));
    });
  }

  private command<T>(what: number, taskId: string, priority = 0): Promise<T> {
    return this.host.ask<T>((request) => {
      const length = this.host.core.put(checkedText('taskId', taskId), 'taskId');
      this.host.core.raw._pl_task(what, request, this.index, 0, 0, length, priority);
    });
  }
}

type Capture<T> = ConstructorParameters<typeof Promise<T>>[0];

/** The function that resolves the promise made last, so that a promise costs no closure. */
const captured = { resolve: (_: unknown): void => undefined };

function capture(resolve: (value: unknown) => void): void {
  captured.resolve = resolve;
}

const noOptions: RunOptions = {};

export function checkOptions(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null)
    throw invalid('invalid_argument', name, 'must be an object', value);
  const { signal } = value as { signal?: unknown };
  if (signal !== undefined && name === 'options' && !(signal instanceof AbortSignal)) {
    throw invalid('invalid_argument', 'signal', 'must be an AbortSignal', signal);
  }
}

/** Of the second argument of `submit`, which has nothing else. */
export function signalOf(options: { signal?: AbortSignal } | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  checkObject('options', options, ['signal']);
  checkOptions(options, 'options');
  return options.signal;
}

export function wholeNumber(field: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid('invalid_argument', field, `must be a whole number from ${least} to ${most}`, value);
}

export function checkedText(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid('invalid_argument', field, 'must be a text', value);
}
