import { onArrival } from '../arrivals.js';
import type { MailboxKey } from '../config.js';
import { ParkingLotError } from '../errors.js';
import type { Page } from '../executor/delegate/page.js';
import type { PageMessage } from '../executor/delegate/protocol.js';
import type { ExecutorFactory } from '../executor/executor.js';
import { executorOptions } from '../executor/sources.js';
import { ExecutorPort } from '../executor-port.js';
import type { Outcome } from '../outcome.js';
import type { Task } from '../task.js';
import { checkMailboxKey } from '../task-spec.js';
import { carryError } from './carried-error.js';
import { carriedOutcome, carriedValue } from './carried-value.js';
import { afterClaims } from './claims.js';
import type { Leader } from './leader.js';
import {
  type CarriedReceipt,
  type ClientMessage,
  keyOf,
  type LeaderMessage,
  poolCalls,
  type Question,
  type SubmitQuestion,
  type TaskRef,
} from './protocol.js';

type Hello = Extract<ClientMessage, { say: 'hello' }>;

/** A realm, as its leader sees it: what it asks is answered, what its executors do is passed on. */
export class ServedRealm {
  readonly listens = new Set<string>();
  private readonly bells = new Map<string, () => void>();
  private page: Page | undefined;
  private heardPage: ((message: PageMessage) => void) | undefined;
  private ports: ExecutorPort[] = [];
  private isGone = false;
  private readonly pools: Set<string>;

  constructor(
    private readonly leader: Leader,
    readonly realm: number,
    private readonly hello: Hello,
  ) {
    this.pools = new Set(hello.pools);
  }

  /** Its executors may be used from now on, but for units that claimed runs use. */
  admitPage(): void {
    const { pages } = this.leader;
    this.page = pages.add(
      (listener) => {
        this.heardPage = (message) => listener.received(message);
        return { post: (message) => this.say({ say: 'page', message }), close: () => undefined };
      },
      { pools: [...this.pools], lock: this.hello.lock },
    );
    for (const task of this.hello.claims) pages.claims.add(this.page, task);
  }

  /** Its functions may be run. */
  admitFunctions(): void {
    const { host, facts } = this.leader.lot;
    const { realm } = this;
    this.ports = facts.map((pool) => {
      const options = executorOptions(pool, host.clock);
      return new ExecutorPort(host, pool.index, this.functions(), options, {
        executor: realm,
        realm,
        liveness: 'certain',
      });
    });
    const byPool: ExecutorPort[] = [];
    for (const [i, pool] of facts.entries()) byPool[pool.index] = this.ports[i]!;
    host.pinnedPorts.set(realm, byPool);
  }

  private functions(): ExecutorFactory {
    const page = this.page!;
    return afterClaims(this.leader.pages.claims, (events) => {
      events.credits(Number.POSITIVE_INFINITY);
      return {
        start: (run) => {
          this.leader.pages.claims.settle(run);
          page.start(run, events);
        },
        stop: (run, reason) => page.stop(run, reason),
        close: () => Promise.resolve(),
      };
    });
  }

  /** Runs that it claimed and whose tasks were not started again are to end. */
  dropClaims(): void {
    const tasks = this.page ? this.leader.pages.claims.of(this.page) : [];
    if (tasks.length > 0) this.say({ say: 'drop', tasks });
  }

  hear(message: Exclude<ClientMessage, Hello>): void {
    switch (message.say) {
      case 'ask':
        void this.answer(message.id, message.question, message.again);
        break;
      case 'watch':
        for (const task of message.tasks) this.leader.watch(task, this);
        break;
      case 'listen':
        this.listens.add(keyOf(message.task));
        this.leader.tellProgress(message.task, this);
        break;
      case 'unlisten':
        this.listens.delete(keyOf(message.task));
        break;
      case 'subscribe':
        this.subscribe(message.name, message.key);
        break;
      case 'unsubscribe':
        this.bells.get(message.name)?.();
        this.bells.delete(message.name);
        break;
      case 'page':
        this.heardPage?.(message.message);
        break;
      case 'lend':
        this.lend(message.pools);
        break;
      case 'unclaim':
        this.leader.pages.claims.settle(message.task);
        break;
      case 'alive':
        this.page?.beat();
        break;
      case 'bye':
        this.heardPage?.({ parkingLot: 'bye' });
        break;
    }
  }

  /** It has ended, and everything in it. */
  gone(): void {
    this.isGone = true;
    const { host } = this.leader.lot;
    for (const task of this.page ? this.leader.pages.claims.of(this.page) : []) {
      this.leader.pages.claims.settle(task);
    }
    host.pinnedPorts.delete(this.realm);
    for (const port of this.ports) port.gone();
    this.ports = [];
    // Its page may still be here, when the realm comes again.
    this.heardPage?.({ parkingLot: 'bye' });
    for (const silence of this.bells.values()) silence();
    this.bells.clear();
    if (host.isOver) return;
    host.core.raw._pl_client_gone(this.realm);
    host.schedule();
  }

  /** The reign is over; what runs in the realm goes on. */
  abandon(): void {
    this.page?.abandon();
  }

  isOf(page: Page): boolean {
    return this.page === page;
  }

  say(message: LeaderMessage): void {
    if (!this.isGone) this.leader.send(this.realm, message);
  }

  ended(task: TaskRef, outcome: Outcome): void {
    this.listens.delete(keyOf(task));
    this.say({ say: 'ended', task, outcome: carriedOutcome(outcome) });
  }

  private lend(pools: readonly string[]): void {
    for (const pool of pools) {
      this.pools.add(pool);
      if (this.page) this.leader.pages.extend(this.page, pool);
    }
  }

  private subscribe(name: string, key: unknown): void {
    if (this.bells.has(name)) return;
    const { host } = this.leader.lot;
    const arrived = () => this.say({ say: 'arrived', name });
    this.bells.set(name, onArrival(host, key as MailboxKey, arrived));
  }

  private async answer(id: number, question: Question, again: boolean): Promise<void> {
    try {
      const value = await this.valueOf(question, again);
      this.say({ say: 'answer', id, value: carriedValue(value) });
    } catch (error) {
      // What the lot's end keeps from being answered is asked again of the next leader.
      if (!this.leader.lot.host.isOver) this.say({ say: 'refusal', id, error: carryError(error) });
    }
  }

  private valueOf(question: Question, again: boolean): Promise<unknown> {
    const { lot } = this.leader;
    switch (question.on) {
      case 'lot':
        return lot.health();
      case 'audit':
        return question.call === 'eraseUser'
          ? lot.audit.eraseUser(...(question.args as Parameters<typeof lot.audit.eraseUser>))
          : lot.audit.query(...(question.args as Parameters<typeof lot.audit.query>));
      case 'mailbox': {
        const key = checkMailboxKey('mailbox', question.key, 'invalid_argument');
        const mailbox = lot.mailbox(key);
        const call = mailbox[question.call] as (...args: unknown[]) => Promise<unknown>;
        return call.apply(mailbox, [...question.args]);
      }
      case 'pool': {
        const pool = this.leader.poolNamed(question.pool);
        if (!poolCalls.includes(question.call)) throw new TypeError(`no such call: ${question.call}`);
        const call = pool[question.call] as (...args: unknown[]) => Promise<unknown>;
        return call.apply(pool, [...question.args]);
      }
      case 'submit':
        return again ? this.submitAgain(question) : this.submit(question);
    }
  }

  private async submit({ pool, spec, isPinned }: SubmitQuestion): Promise<CarriedReceipt> {
    const origin = { realm: isPinned ? this.realm : 0, client: this.realm };
    const task = await this.leader.poolNamed(pool).submitFrom(origin, spec);
    this.follow(task as unknown as Task);
    const { statusAtSubmit, position, joined, durability } = task;
    return { status: statusAtSubmit, position, joined, durability };
  }

  /**
   * A leader before may have admitted it: then it is joined, and nothing is started twice. Under `dedup: reject` a task
   * that is there already may be this one or another; nobody can tell.
   */
  private async submitAgain(question: SubmitQuestion): Promise<CarriedReceipt> {
    const { dedup } = question.spec;
    const joining = { ...question, spec: { ...question.spec, dedup: 'join' } };
    try {
      const receipt = await this.submit(joining);
      if (dedup !== 'reject' || !receipt.joined) return receipt;
    } catch (error) {
      const isOther = error instanceof ParkingLotError && error.code === 'duplicate_task';
      if (dedup === 'replace' && isOther) return this.submit(question);
      throw error;
    }
    throw new ParkingLotError(
      'unconfirmed',
      'The leading tab ended before it had answered; a task with this id is known.',
      { taskId: String(question.spec.taskId) },
    );
  }

  private follow(task: Task): void {
    const ref = { pool: task.pool, taskId: task.id };
    // One that was there before nobody here may have submitted.
    if (task.joined) return this.leader.watch(ref, this);
    task.outcome().then(
      (outcome) => this.ended(ref, outcome),
      () => undefined,
    );
  }
}
