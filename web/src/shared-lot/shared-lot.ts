import type { Audit, AuditPage, AuditQuery, Erasure } from '../audit.js';
import type { MailboxKey } from '../config.js';
import { type ConfigIssue, ParkingLotError } from '../errors.js';
import type { LineListener } from '../executor/delegate/line.js';
import type { LotMessage } from '../executor/delegate/protocol.js';
import type { ExecutorFactory } from '../executor/executor.js';
import type { Health, LotHome } from '../lot-home.js';
import type { Mailbox } from '../mailbox.js';
import type { Pool, PoolFacts } from '../pool.js';
import { checkMailboxKey } from '../task-spec.js';
import { Connection, type ConnectionSetup, type Heard } from './connection.js';
import { PinnedCalls } from './pinned-calls.js';
import { RealmWork } from './realm-work.js';
import { SharedMailbox, Subscriptions } from './shared-mailbox.js';
import { SharedPool, TaskNames } from './shared-pool.js';
import { SharedTasks } from './shared-tasks.js';

/** The audit trail of a shared lot. */
class SharedAudit implements Pick<Audit, keyof Audit> {
  constructor(private readonly connection: Connection) {}

  query(query: AuditQuery = {}): Promise<AuditPage> {
    return this.connection.ask({ on: 'audit', call: 'query', args: [query] });
  }

  eraseUser(user: { tenant: string; user: string }): Promise<Erasure> {
    return this.connection.ask({ on: 'audit', call: 'eraseUser', args: [user] });
  }
}

/** A lot in a browser database: led by one realm, used by all. */
export class SharedLot implements LotHome {
  readonly audit: Audit;
  warnings: readonly ConfigIssue[] = [];
  facts: readonly PoolFacts[] = [];
  readonly connection: Connection;
  private readonly tasks: SharedTasks;
  private readonly calls: PinnedCalls;
  private readonly subscriptions: Subscriptions;
  private readonly pools = new Map<string, SharedPool>();
  private readonly healthListeners = new Set<(health: Health) => void>();
  /** By pool. A later `open` in this realm may bring more. */
  private readonly factories = new Map<string, ExecutorFactory>();
  private work: RealmWork | undefined;
  private heardOrders: LineListener<LotMessage> | undefined;

  constructor(
    setup: ConnectionSetup,
    private readonly releaseLock: () => void,
  ) {
    this.connection = new Connection(setup, {
      claims: () => [...(this.work?.claims() ?? []), ...this.calls.claims()],
      executedPools: () => [...this.factories.keys()],
      rejoin: () => {
        this.tasks.rejoin();
        this.subscriptions.rejoin();
        void this.tellHealth();
      },
      received: (message) => this.receive(message),
      leaderless: (error) => {
        this.tasks.abandonAll(error);
        this.subscriptions.ringAll();
      },
    });
    this.tasks = new SharedTasks(this.connection);
    this.subscriptions = new Subscriptions(this.connection);
    this.calls = new PinnedCalls(
      this.tasks,
      (message) => this.connection.say({ say: 'page', message }),
      (task) => this.connection.say({ say: 'unclaim', task }),
    );
    this.audit = new SharedAudit(this.connection) as unknown as Audit;
  }

  /** Follows whoever leads from now on, with the executors of this realm. Resolves when there is a leader. */
  async join(facts: readonly PoolFacts[], factories: ReadonlyMap<string, ExecutorFactory>): Promise<void> {
    this.facts = facts;
    for (const [pool, factory] of factories) this.factories.set(pool, factory);
    const names = new TaskNames();
    for (const { name } of facts) this.pools.set(name, new SharedPool(name, this.tasks, this.calls, names));
    this.work = new RealmWork(
      (listener) => {
        this.heardOrders = listener;
        return {
          post: (message) => this.connection.sayNow({ say: 'page', message }),
          close: () => undefined,
        };
      },
      this.factories,
      this.calls,
      (task) => this.connection.say({ say: 'unclaim', task }),
    );
    this.connection.join();
    this.warnings = (await this.connection.welcomed).warnings;
  }

  /** Executors for pools that have none here yet. */
  lend(factories: ReadonlyMap<string, ExecutorFactory>): void {
    const added = [...factories].filter(([pool]) => !this.factories.has(pool));
    for (const [pool, factory] of added) this.factories.set(pool, factory);
    if (added.length > 0) this.connection.say({ say: 'lend', pools: added.map(([pool]) => pool) });
  }

  get poolNames(): readonly string[] {
    return [...this.pools.keys()];
  }

  pool(name: string): Pool<never, never> | undefined {
    return this.pools.get(name) as unknown as Pool<never, never> | undefined;
  }

  mailbox(key: MailboxKey): Mailbox {
    const checked = checkMailboxKey('mailbox', key, 'invalid_argument');
    return new SharedMailbox(this.connection, this.subscriptions, checked) as unknown as Mailbox;
  }

  async health(): Promise<Health> {
    return this.seenFromHere(await this.connection.ask<Health>({ on: 'lot', call: 'health' }));
  }

  onHealth(listener: (health: Health) => void): () => void {
    this.healthListeners.add(listener);
    return () => this.healthListeners.delete(listener);
  }

  async close(): Promise<void> {
    const closed = new ParkingLotError('closed', 'The lot was closed; open another one.');
    await this.work?.close();
    this.tasks.abandonAll(closed);
    await this.connection.close(closed);
    this.subscriptions.ringAll();
    this.releaseLock();
  }

  private receive(message: Heard): void {
    switch (message.say) {
      case 'ended':
        this.tasks.ended(message.task, message.outcome);
        break;
      case 'unknown':
        this.tasks.unknown(message.task);
        break;
      case 'progress':
        this.tasks.progressed(message.task, message.value);
        break;
      case 'arrived':
        this.subscriptions.arrived(message.name);
        break;
      case 'page':
        this.heardOrders?.received(message.message);
        break;
      case 'drop':
        this.work?.drop(message.tasks);
        break;
      case 'health':
        for (const listener of this.healthListeners) listener(this.seenFromHere(message.health));
        break;
    }
  }

  /** Another one leads: it does not know what the one before has told. */
  private async tellHealth(): Promise<void> {
    if (this.healthListeners.size === 0) return;
    // What was asked before is asked again first.
    await Promise.resolve();
    const health = await this.health().catch(() => undefined);
    if (health === undefined) return;
    for (const listener of this.healthListeners) listener(health);
  }

  /** The leader speaks of itself. */
  private seenFromHere(health: Health): Health {
    return { ...health, leads: this.connection.leads };
  }
}
