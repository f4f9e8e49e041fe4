import type { Clock, Timer } from './clock.js';
import { firstRefusal, poolStates, reasons, refusals, statuses } from './codes.js';
import { ParkingLotError } from './errors.js';
import type { ExecutorPort, ExecutorRun } from './executor-port.js';
import { RealmRun } from './realm-run.js';
import { refusalSentence } from './refusal.js';
import { Results } from './results.js';
import { RunTable } from './run-table.js';
import { Slots } from './slots.js';
import { Starts } from './starts.js';
import type { Durability } from './storage/fallback-disk.js';
import type { LotStorage } from './storage/lot-storage.js';
import type { Submission } from './submission.js';
import type { Core } from './wasm/core.js';
import { EntryKind, entryWords, PayloadTable, StorageState } from './wasm/raw.js';

/** Inputs wait for the next microtask, but no more than this many: they lie in the module's memory. */
const inputsMax = 1024;
const wordSize = 0x1_0000_0000;
/** Kind of a `notify` entry: the core's `Notify::Event::ended`. */
const endedEvent = 3;
const settled = Promise.resolve();
const completed = statuses.indexOf('completed');

interface Question {
  resolve(answer: unknown): void;
  reject(error: ParkingLotError): void;
}

/**
 * The loop round the core: inputs of one microtask go in as one batch, effects come out and are carried out, one timer
 * stands at the core's next deadline.
 *
 * Invariant: everything in `submissions` that is not settled, and every question, is settled at the latest when the lot
 * closes or its core breaks.
 */
export class Host {
  readonly submissions = new Slots<Submission>();
  readonly results: Results;
  readonly runs = new RunTable<RealmRun | ExecutorRun>();
  private readonly starts = new Starts(this);
  readonly ports: (ExecutorPort | undefined)[] = [];
  /** Of other realms, by the number of the executor and then of the pool. */
  readonly pinnedPorts = new Map<number, readonly ExecutorPort[]>();
  /** Called with the interned key of a mailbox in which a message has arrived. */
  readonly arrivals = new Map<number, Set<() => void>>();
  /** Called after each turn of a lot that stores something. */
  onTurn: (() => void) | undefined;
  private readonly questions = new Slots<Question>();
  /** Called for tasks of anybody, after `watchEnds`. */
  private onEnd: ((pool: number, slot: number, generation: number) => void) | undefined;
  private readonly overListeners = new Set<() => void>();
  private readonly released: number[] = [];
  private drains: { pool: number; resolve(isEmpty: boolean): void; reject(error: ParkingLotError): void }[] =
    [];
  private queued = 0;
  private isScheduled = false;
  private nextDeadline = Number.POSITIVE_INFINITY;
  private timer: Timer | undefined;
  private timerDue = Number.POSITIVE_INFINITY;
  private unsettled = 0;
  private end: ParkingLotError | undefined;
  /** The module stopped on a broken invariant, and its memory is not to be trusted. */
  isBroken = false;
  private closing: ParkingLotError | undefined;

  constructor(
    readonly core: Core,
    readonly clock: Clock,
    /** Where tasks and outcomes are kept; undefined for a lot that stores nothing. */
    readonly storage?: LotStorage,
  ) {
    this.results = new Results(core);
    core.onBroken = (cause) => this.broke(cause);
  }

  /** What a crash of this realm leaves of the tasks of a pool, and of what is said about them now. */
  durabilityOf(pool: number): Durability {
    return this.storage?.durabilityOf(pool) ?? 'volatile';
  }

  /** Resolves once nothing is on its way to a disk any more; takes nothing new in the meantime. */
  async settleStorage(why: ParkingLotError): Promise<void> {
    this.closing = why;
    if (!this.storage || this.end) return;
    this.core.raw._pl_settle_storage();
    this.tick();
    while (!this.end && (this.core.raw._pl_storage_state() & StorageState.committing) !== 0) {
      await this.storage.nextSync();
      this.tick();
    }
  }

  /** The lot is closed or its core broke: nothing goes in or out any more. */
  get isOver(): boolean {
    return this.end !== undefined;
  }

  /** Why it is over. */
  get over(): ParkingLotError | undefined {
    return this.end;
  }

  assertOpen(): void {
    if (this.end ?? this.closing) throw this.end ?? this.closing;
  }

  /** Queues the inputs made so far for this microtask's batch. Call it after every input. */
  schedule(): void {
    if (++this.queued >= inputsMax) this.flush();
    if (this.isScheduled) return;
    this.isScheduled = true;
    // Cheaper than queueMicrotask, which Node wraps.
    settled.then(this.turn);
  }

  /** Gives a submission its number. The caller then queues the input and schedules. */
  add(submission: Submission): number {
    this.unsettled++;
    if (this.unsettled === 1) this.holdTimer();
    return this.submissions.add(submission);
  }

  /** A submission in the table has its answer, and no longer keeps a Node process alive. */
  settledOne(): void {
    this.unsettled--;
    if (this.unsettled === 0) this.holdTimer();
  }

  /** Ends a submission early; the core learns it with the next batch. */
  cancel(index: number): void {
    if (this.isOver) return;
    if (this.queued > 0) this.flush();
    if (this.isOver) return;
    this.core.raw._pl_cancel_submission(index);
    this.schedule();
  }

  /** Queues a command that answers, and waits for its answer. */
  ask<T>(queue: (request: number) => void): Promise<T> {
    if (this.end) return Promise.reject(this.end);
    return new Promise<T>((resolve, reject) => {
      const request = this.questions.add({ resolve: resolve as (answer: unknown) => void, reject });
      try {
        queue(request);
      } catch (error) {
        this.questions.remove(request);
        return reject(error);
      }
      this.schedule();
    });
  }

  /** Calls `listener` with the pool and handle of every task that ends, also of those that nobody here submitted. */
  watchEnds(listener: (pool: number, slot: number, generation: number) => void): void {
    this.onEnd = listener;
    this.core.raw._pl_watch(1);
  }

  /** Calls `listener` when the lot closes or its core breaks; the answer stops that. */
  onOver(listener: () => void): () => void {
    this.overListeners.add(listener);
    return () => this.overListeners.delete(listener);
  }

  /** Hands over what is queued, so that gauges know of it. Effects are carried out in the coming microtask. */
  flush(): void {
    if (this.end) return;
    this.queued = 0;
    try {
      this.nextDeadline = this.core.flush(this.clock.wall(), this.clock.steady());
    } catch (error) {
      this.broke(error);
    }
  }

  /** Time may have passed unnoticed: the page became visible again, the machine woke. */
  readonly tick = (): void => {
    this.flush();
    this.deliver();
    this.arm();
    if (this.drains.length > 0) this.checkDrains();
    if (this.storage) this.checkStorage();
  };

  /** Why the first store that fails does; undefined while none does. */
  storageTrouble(): string | undefined {
    const troubles = (this.storage?.states() ?? []).map((_, disk) => this.core.raw.storageTrouble(disk));
    return troubles.find((trouble) => trouble !== '');
  }

  private checkStorage(): void {
    if (this.end) return;
    if ((this.core.raw._pl_storage_state() & StorageState.fenced) !== 0) {
      const why = this.storageTrouble() ?? 'another owner has taken it over';
      this.stop(new ParkingLotError('closed', `The storage of this lot is not its own any more: ${why}.`));
    } else {
      this.onTurn?.();
    }
  }

  /** Whether a draining pool has nothing left to run, as soon as that is so or it drains no longer. */
  whenEmpty(pool: number): Promise<boolean> {
    if (this.end) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      this.drains.push({ pool, resolve, reject });
      this.checkDrains();
      this.holdTimer();
    });
  }

  private checkDrains(): void {
    if (this.end) return;
    this.drains = this.drains.filter(({ pool, resolve }) => {
      const figures = this.core.stats(pool);
      const isEmpty = figures[3] === 0 && figures[4] === 0 && figures[5] === 0 && figures[6] === 0;
      const isDraining = figures[14] === poolStates.indexOf('draining');
      if (isEmpty || !isDraining) resolve(isEmpty);
      return !isEmpty && isDraining;
    });
  }

  /** Settles everything with this error, and stops. */
  stop(error: ParkingLotError): void {
    if (this.end) return;
    this.end = error;
    this.timer?.cancel();
    this.timer = undefined;
    for (const run of this.runs) if (run instanceof RealmRun) run.stop('shut_down');
    for (const submission of this.submissions) submission.abandoned(error);
    for (const question of this.questions) question.reject(error);
    for (const drain of this.drains) drain.reject(error);
    for (const listener of this.overListeners) listener();
  }

  // --- runs in this realm -------------------------------------------------------------------------------------------

  /** False if the run was over already. */
  realmFinished(run: RealmRun): boolean {
    if (this.end || this.runs.at(run.id) !== run) return false;
    this.runs.remove(run.id);
    this.core.finished(run.id, 0);
    this.schedule();
    return true;
  }

  realmFailed(run: RealmRun): void {
    if (this.end || this.runs.at(run.id) !== run) return;
    this.runs.remove(run.id);
    this.core.raw._pl_failed(run.id, reasons.indexOf('task_failed'), 0, 1);
    this.schedule();
  }

  realmUsage(run: RealmRun, units: number): void {
    if (this.end || this.runs.at(run.id) !== run) return;
    this.core.raw._pl_usage(run.id, units);
    this.schedule();
  }

  // --- the loop -----------------------------------------------------------------------------------------------------

  private readonly turn = (): void => {
    this.isScheduled = false;
    this.tick();
  };

  private readonly onTimer = (): void => {
    this.timer = undefined;
    this.timerDue = Number.POSITIVE_INFINITY;
    this.tick();
  };

  private arm(): void {
    const due = this.nextDeadline;
    if (this.end || due >= this.timerDue || due === Number.POSITIVE_INFINITY) return;
    this.timer?.cancel();
    this.timerDue = due;
    // A whole millisecond that has passed only in part is not yet due; a timer for it would fire twice.
    this.timer = this.clock.timer(Math.ceil(due - this.clock.steady()), this.onTimer);
    this.holdTimer();
  }

  /** In Node: whether somebody waits for this lot. */
  private holdTimer(): void {
    this.timer?.hold(this.unsettled > 0 || this.drains.length > 0);
  }

  private deliver(): void {
    if (this.end) return;
    const { core } = this;
    for (let count = core.take(); count > 0 && !this.end; count = core.take()) {
      const start = core.entriesStart();
      for (let i = 0; i < count && !this.end; i++) this.carryOut(start + i * entryWords);
    }
    // Only now: an entry about a task may come after the one that releases its payload.
    while (this.released.length > 0) this.submissions.remove(this.released.pop()!);
  }

  /** One entry, at `at` in the module's memory, which may have moved since the last one. */
  private carryOut(at: number): void {
    const { words } = this.core;
    switch (words[at]) {
      case EntryKind.start:
        return this.starts.start(words, at);
      case EntryKind.release:
        if (words[at + 2] === PayloadTable.tasks) this.released.push(words[at + 1]!);
        else this.results.remove(words[at + 1]!);
        return;
      case EntryKind.notify:
        return this.notify(words, at);
      case EntryKind.submitted:
        return this.submitted(words, at);
      case EntryKind.refused:
        return this.refused(words, at);
      case EntryKind.stop:
        return this.runs.at(words[at + 1]!)?.stop(reasons[words[at + 2]!]!);
      case EntryKind.done:
        return this.questions.remove(words[at + 1]!)?.resolve(words[at + 2]! >>> 0);
      case EntryKind.text:
        return this.questions
          .remove(words[at + 1]!)
          ?.resolve(JSON.parse(this.core.textOut(words[at + 4]!, words[at + 5]!)));
      case EntryKind.arrived:
        for (const listener of this.arrivals.get(words[at + 1]!) ?? []) listener();
    }
  }

  private notify(words: Int32Array, at: number): void {
    const index = words[at + 1]!;
    const codes = words[at + 2]!;
    if ((codes & 0xff) !== endedEvent) return;
    this.onEnd?.(words[at + 8]!, words[at + 6]!, words[at + 7]!);
    const submission = this.submissions.at(index);
    if (!submission) return;
    const wasSettled = submission.settled;
    const status = (codes >> 8) & 0xff;
    const isStored = (this.storage?.queueOf(words[at + 8]!) ?? -1) >= 0;
    submission.ended({
      status,
      reason: (codes >> 16) & 0xff,
      attempt: words[at + 3]!,
      atMs: words[at + 11]! * wordSize + (words[at + 10]! >>> 0),
      stored: this.results.at(words[at + 4]!, words[at + 5]!, status === completed ? 'result' : 'failure'),
    });
    if (!wasSettled && submission.settled) this.settledOne();
    // Its payload is with the storage: no release will name its place here.
    if (isStored) this.submissions.remove(index);
  }

  private submitted(words: Int32Array, at: number): void {
    const request = words[at + 1]!;
    const receipt = {
      slot: words[at + 8]!,
      generation: words[at + 9]!,
      status: words[at + 2]!,
      reason: words[at + 3]!,
      position: words[at + 5]!,
      joined: words[at + 4] === 1,
      owner: this.submissions.at(words[at + 10]!),
    };
    if (words[at + 11] === 1) return this.questions.remove(request)?.resolve(receipt);
    const submission = this.submissions.at(request);
    if (!submission) return;
    const wasSettled = submission.settled;
    submission.admitted(receipt);
    // A task of an earlier life of this lot has nobody else who waits for it here.
    if (!receipt.joined || receipt.owner === submission) return;
    // The core has the task under another number, and never had this payload.
    this.submissions.remove(request);
    if (!wasSettled) this.settledOne();
  }

  private refused(words: Int32Array, at: number): void {
    const request = words[at + 1]!;
    const code = refusals[words[at + 3]! - firstRefusal]!;
    const field = this.core.textOut(words[at + 4]!, words[at + 5]!);
    const error = new ParkingLotError(code, refusalSentence(code, field), {
      field: field || undefined,
      retryAfterMs: words[at + 6]! > 0 ? words[at + 6]! : undefined,
    });
    if (words[at + 2] === 1) return this.questions.remove(request)?.reject(error);
    const submission = this.submissions.remove(request);
    if (!submission) return;
    if (!submission.settled) this.settledOne();
    submission.refused(error);
  }

  /** What was acknowledged is safe; nothing may call the module any more. */
  broke(cause: unknown): void {
    this.isBroken = true;
    const why = this.core.abortReason ?? (cause instanceof Error ? cause.message : String(cause));
    this.stop(
      new ParkingLotError(
        'internal_error',
        `The scheduler's core stopped; open the lot anew, and please report this: ${why}`,
        { cause },
      ),
    );
  }
}
