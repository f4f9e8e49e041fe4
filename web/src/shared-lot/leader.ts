import type { LotConfig } from '../config.js';
import { ParkingLotError } from '../errors.js';
import { delegatedExecutor } from '../executor/delegate/delegated-executor.js';
import type { Page } from '../executor/delegate/page.js';
import type { ExecutorFactory, Run } from '../executor/executor.js';
import type { AnyHandlers } from '../executor/sources.js';
import { LocalLot } from '../local-lot.js';
import type { OpenOptions } from '../lot-home.js';
import type { Pool } from '../pool.js';
import type { StorageModule } from '../storage/index.js';
import { watchAliveLock } from '../worker/alive-lock.js';
import { afterClaims, ClaimingPages, Claims } from './claims.js';
import { type ClientMessage, keyOf, type LeaderMessage, names, realmIn, type TaskRef } from './protocol.js';
import { ServedRealm } from './served-realm.js';

/** How long a leader waits for the realms that live to tell what runs in them, and then for that to be taken up. */
const gatherMs = 500;
const claimMs = 500;

export interface LeaderSetup {
  readonly database: string;
  readonly config: string;
  readonly pools: readonly string[];
  readonly storage: StorageModule;
  readonly options: OpenOptions<AnyHandlers>;
  send(realm: number, message: LeaderMessage): void;
  /** The realm is gone, or comes anew. */
  forget(realm: number): void;
  /** The lot has ended although nobody closed it. */
  broke(): void;
}

/**
 * One reign: the lot of a database, and the realms that use it.
 *
 * Nothing is started before all realms that live have told what still runs in them from the reign before, or half a
 * second has passed, since the units of those runs are not free.
 */
export class Leader {
  readonly pages: ClaimingPages;
  private readonly realms = new Map<number, ServedRealm>();
  private readonly watchers = new Map<string, Set<ServedRealm>>();
  private readonly lastProgress = new Map<string, unknown>();
  private readonly poolNames: string[] = [];
  private readonly stopWatching: (() => void)[] = [];
  private doors: 'shut' | 'open' | 'closed' = 'shut';

  private constructor(
    readonly lot: LocalLot,
    private readonly setup: LeaderSetup,
    pages: ClaimingPages,
    private readonly awaited: Set<number>,
  ) {
    this.pages = pages;
    for (const { name, index } of lot.facts) this.poolNames[index] = name;
    lot.host.watchEnds((pool, slot, generation) => this.someEnd(pool, slot, generation));
    lot.host.onOver(() => {
      if (this.doors !== 'closed') setup.broke();
    });
    pages.onGone = (page) => this.goneWith(page);
    for (const realm of awaited) {
      this.stopWatching.push(watchAliveLock(names.realm(realm, setup.database), () => this.neverCame(realm)));
    }
    lot.onHealth((health) => {
      for (const realm of this.realms.values()) realm.say({ say: 'health', health });
    });
    setTimeout(() => this.openDoors(), gatherMs);
  }

  static async open(setup: LeaderSetup): Promise<Leader> {
    const realms = await livingRealms(setup.database);
    const pages = new ClaimingPages(new Claims());
    let leader: Leader | undefined;
    const executors: Record<string, ExecutorFactory> = {};
    for (const pool of setup.pools) {
      const inRealms = afterClaims(pages.claims, delegatedExecutor(pages));
      executors[pool] = observed(inRealms, (run, value) => leader?.progressed(run, value));
    }
    const config = JSON.parse(setup.config) as LotConfig;
    const lot = await LocalLot.open(config, { ...setup.options, executors }, setup.storage, realms);
    leader = new Leader(lot, setup, pages, new Set(realms));
    return leader;
  }

  hear(realm: number, messages: readonly ClientMessage[]): void {
    if (this.doors === 'closed') return;
    for (const message of messages) {
      if (message.say === 'hello') this.greet(realm, message);
      else this.realms.get(realm)?.hear(message);
    }
  }

  /** The realms go on without it; they tell the next leader what they have. */
  async close(): Promise<void> {
    this.doors = 'closed';
    for (const realm of this.realms.values()) realm.abandon();
    for (const stop of this.stopWatching) stop();
    await this.lot.close();
  }

  send(realm: number, message: LeaderMessage): void {
    if (this.doors !== 'closed') this.setup.send(realm, message);
  }

  poolNamed(name: string): Pool {
    const pool = this.lot.pool(name);
    if (pool !== undefined) return pool as unknown as Pool;
    throw new ParkingLotError(
      'unknown_pool',
      `No pool is named ${JSON.stringify(name)} where the lot is led: another tab has another config; close it.`,
      { field: 'pool' },
    );
  }

  // --- realms --------------------------------------------------------------------------------------------------------

  private greet(number: number, hello: Extract<ClientMessage, { say: 'hello' }>): void {
    // One that had given this leader up, and comes again.
    this.leave(number);
    const realm = new ServedRealm(this, number, hello);
    this.realms.set(number, realm);
    const warnings = [...this.lot.warnings];
    if (hello.config !== this.setup.config) {
      const message = 'The tab that leads has another config, which counts until it is closed.';
      warnings.push({ severity: 'warning', path: '', message });
    }
    realm.say({ say: 'welcome', pools: this.lot.facts, warnings });
    this.awaited.delete(number);
    if (this.doors === 'open') admit([realm]);
    else if (this.awaited.size === 0) this.openDoors();
  }

  /** A realm that lived when the reign began has ended without a word. */
  private neverCame(number: number): void {
    const { host, facts } = this.lot;
    if (this.realms.has(number) || host.isOver) return;
    for (const { index } of facts) host.core.raw._pl_executor_gone(index, number, 1);
    host.schedule();
    this.awaited.delete(number);
    if (this.awaited.size === 0) this.openDoors();
  }

  private openDoors(): void {
    if (this.doors !== 'shut') return;
    this.doors = 'open';
    admit([...this.realms.values()]);
    setTimeout(() => {
      for (const realm of this.realms.values()) realm.dropClaims();
    }, claimMs);
  }

  /** The page of a realm is gone. */
  private goneWith(page: Page): void {
    for (const [number, realm] of this.realms) {
      if (realm.isOf(page)) this.leave(number);
    }
  }

  private leave(number: number): void {
    const realm = this.realms.get(number);
    if (realm === undefined) return;
    this.realms.delete(number);
    for (const watchers of this.watchers.values()) watchers.delete(realm);
    realm.gone();
    this.setup.forget(number);
  }

  // --- tasks ---------------------------------------------------------------------------------------------------------

  /** The realm will hear how the task ended, at once if it has; or that nobody knows it. */
  watch(task: TaskRef, realm: ServedRealm): void {
    const watchers = this.watchers.get(keyOf(task)) ?? new Set();
    this.watchers.set(keyOf(task), watchers.add(realm));
    void this.look(task, realm);
  }

  /** False if it does not watch the task any more: it has been told. */
  unwatch(task: TaskRef, realm: ServedRealm): boolean {
    const watchers = this.watchers.get(keyOf(task));
    const was = watchers?.delete(realm) ?? false;
    if (watchers?.size === 0) this.watchers.delete(keyOf(task));
    return was;
  }

  private async look(task: TaskRef, realm: ServedRealm): Promise<void> {
    try {
      const { outcome } = await this.poolNamed(task.pool).status(task.taskId);
      if (outcome && this.unwatch(task, realm)) realm.ended(task, outcome);
    } catch (error) {
      const isUnknown = error instanceof ParkingLotError && /^unknown/.test(error.code);
      if (isUnknown && this.unwatch(task, realm)) realm.say({ say: 'unknown', task });
    }
  }

  private someEnd(pool: number, slot: number, generation: number): void {
    if (this.watchers.size === 0 && this.lastProgress.size === 0) return;
    const task = { pool: this.poolNames[pool]!, taskId: this.lot.host.core.taskId(slot, generation) };
    this.lastProgress.delete(keyOf(task));
    for (const realm of this.watchers.get(keyOf(task)) ?? []) void this.look(task, realm);
  }

  // --- progress ------------------------------------------------------------------------------------------------------

  private progressed(task: TaskRef, value: unknown): void {
    const key = keyOf(task);
    this.lastProgress.set(key, value);
    for (const realm of this.realms.values()) {
      if (realm.listens.has(key)) tell(realm, task, value);
    }
  }

  tellProgress(task: TaskRef, realm: ServedRealm): void {
    const key = keyOf(task);
    if (this.lastProgress.has(key)) tell(realm, task, this.lastProgress.get(key));
  }
}

function tell(realm: ServedRealm, { pool, taskId }: TaskRef, value: unknown): void {
  realm.say({ say: 'progress', task: { pool, taskId }, value });
}

/** All claims are known before the first executor is. */
function admit(realms: readonly ServedRealm[]): void {
  for (const realm of realms) realm.admitPage();
  for (const realm of realms) realm.admitFunctions();
}

/** An executor that says what runs report on their way, and is none before it has a place: no realm runs the pool. */
function observed(factory: ExecutorFactory, progressed: (run: Run, value: unknown) => void): ExecutorFactory {
  return (events, options) => {
    let isKnown = false;
    const credits = (n: number): void => {
      isKnown ||= n > 0;
      if (isKnown) events.credits(n);
    };
    return factory({ ...forwarded(events), credits, progress: progressed }, options);
  };
}

function forwarded(events: Parameters<ExecutorFactory>[0]): Parameters<ExecutorFactory>[0] {
  return {
    credits: (n) => events.credits(n),
    running: (run) => events.running(run),
    heartbeat: (run) => events.heartbeat(run),
    progress: (run, value) => events.progress(run, value),
    usage: (run, units) => events.usage(run, units),
    finished: (run, result) => events.finished(run, result),
    failed: (run, error, reason, unitsFreed) => events.failed(run, error, reason, unitsFreed),
  };
}

async function livingRealms(database: string): Promise<number[]> {
  const { held } = await navigator.locks.query();
  return (held ?? []).flatMap(({ name }) => realmIn(name ?? '', database) ?? []);
}
