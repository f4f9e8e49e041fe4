import type { LotConfig } from '../config.js';
import { configText } from '../config-text.js';
import type { ConfigIssue } from '../errors.js';
import { ParkingLotError } from '../errors.js';
import type { PoolFacts } from '../pool.js';
import { watchAliveLock } from '../worker/alive-lock.js';
import { arrivedError, type CarriedError } from './carried-error.js';
import { arrivedValue } from './carried-value.js';
import {
  type ClientMessage,
  type Envelope,
  type LeaderMessage,
  type News,
  names,
  type Question,
  type StationOrder,
  type StationReport,
  type TaskRef,
} from './protocol.js';
import { beginsReign } from './succession.js';

const closingMs = 5_000;

/** The own station: a host worker, or a port within this realm. */
export interface StationLink {
  postMessage(order: StationOrder): void;
  onReport(listener: (report: StationReport) => void): void;
  /** Its script cannot be loaded, or it has ended. */
  onBroken(listener: (error: Error) => void): void;
  end(): void;
}

export interface ConnectionSetup {
  readonly database: string;
  readonly config: LotConfig;
  readonly realm: number;
  readonly lock: string;
  /** Starts a station. */
  link(): StationLink;
  readonly order: Omit<Extract<StationOrder, { say: 'open' }>, 'say' | 'database' | 'realm' | 'config'>;
}

/** What is not for the connection itself. */
export type Heard = Exclude<LeaderMessage, { id: number } | { say: 'welcome' }>;

export interface ConnectionEvents {
  /** A new reign begins: what goes on in this realm from the one before. The claims are said first, then `rejoin`. */
  claims(): readonly TaskRef[];
  readonly executedPools: () => readonly string[];
  rejoin(): void;
  received(message: Heard): void;
  /** Nobody leads, and has not for long. */
  leaderless(error: ParkingLotError): void;
}

interface Asked {
  readonly question: Question;
  resolve(value: never): void;
  reject(error: unknown): void;
  wasSent: boolean;
}

interface Welcome {
  readonly pools: readonly PoolFacts[];
  readonly warnings: readonly ConfigIssue[];
}

/**
 * A realm's connection to whoever leads. Questions that a leader left unanswered are asked again of the next one, so that
 * each is answered exactly once; with nobody leading for long they are rejected with `storage_unavailable`.
 */
export class Connection {
  private readonly news: BroadcastChannel;
  private readonly toLeader: BroadcastChannel;
  private readonly fromLeader: BroadcastChannel;
  private readonly asked = new Map<number, Asked>();
  private lastId = 0;
  private outgoing: ClientMessage[] = [];
  private epoch = 0;
  private ledHere = false;
  private readonly config: string;
  private link: StationLink;
  private unwatchStation: () => void = () => undefined;
  private end: ParkingLotError | undefined;
  private trouble: ParkingLotError | undefined;
  private closed: (() => void) | undefined;
  readonly checked: Promise<Welcome>;
  readonly welcomed: Promise<Welcome>;
  private settleChecked!: { resolve(facts: Welcome): void; reject(error: unknown): void };
  private settleWelcome!: { resolve(facts: Welcome): void; reject(error: unknown): void };

  constructor(
    private readonly setup: ConnectionSetup,
    private readonly events: ConnectionEvents,
  ) {
    const { database, realm, config } = setup;
    this.config = configText(config);
    this.checked = new Promise((resolve, reject) => {
      this.settleChecked = { resolve, reject };
    });
    this.welcomed = new Promise((resolve, reject) => {
      this.settleWelcome = { resolve, reject };
    });
    this.welcomed.catch(() => undefined);
    this.checked.catch(() => undefined);
    this.news = new BroadcastChannel(names.news(database));
    this.toLeader = new BroadcastChannel(names.leader(database));
    this.fromLeader = new BroadcastChannel(names.realm(realm, database));
    this.fromLeader.addEventListener('message', (event: MessageEvent) =>
      this.receive(event.data as Envelope<LeaderMessage>),
    );
    this.link = this.start();
  }

  private start(): StationLink {
    const { database, realm, order } = this.setup;
    const link = this.setup.link();
    link.onReport((report) => link === this.link && this.report(report));
    link.onBroken((error) => link === this.link && this.broke(error));
    link.postMessage({ ...order, say: 'open', database, realm, config: this.config });
    return link;
  }

  /** The station was ended, perhaps for want of memory: another one takes its place. */
  private restart(): void {
    if (this.end || this.closed) return;
    this.link.end();
    this.link = this.start();
  }

  get isOver(): boolean {
    return this.end !== undefined;
  }

  get over(): ParkingLotError | undefined {
    return this.end;
  }

  /** Whether the station of this realm leads, as far as is known. */
  get leads(): boolean {
    return this.epoch > 0 && this.ledHere;
  }

  assertOpen(): void {
    if (this.end) throw this.end;
  }

  /** From when on a leader is followed: everything that can be asked of this realm is in place. */
  join(): void {
    this.news.addEventListener('message', (event: MessageEvent) => this.hear(event.data as News));
    this.news.postMessage({ say: 'who leads?' } satisfies News);
  }

  ask<T>(question: Question): Promise<T> {
    if (this.end ?? this.trouble) return Promise.reject(this.end ?? this.trouble);
    return new Promise<T>((resolve, reject) => {
      const id = ++this.lastId;
      const asked = { question, resolve, reject, wasSent: false };
      this.asked.set(id, asked);
      if (this.epoch > 0) this.put(id, asked);
    });
  }

  /** Nothing without a leader: what the next one needs is told it anew. */
  say(message: ClientMessage): void {
    if (this.epoch === 0 || this.end) return;
    if (this.outgoing.push(message) > 1) return;
    queueMicrotask(() => this.flush());
  }

  /** The same at once; throws if the message cannot be cloned. */
  sayNow(message: ClientMessage): void {
    if (this.epoch === 0 || this.end) return;
    this.flush();
    this.post([message]);
  }

  /** Rejects everything with `error`, and says good-bye. Resolves when the station has given the lead back. */
  async close(error: ParkingLotError): Promise<void> {
    if (this.end) return;
    this.say({ say: 'bye' });
    this.flush();
    this.end = error;
    this.rejectAll(error);
    const { link } = this;
    this.unwatchStation();
    await new Promise<void>((resolve) => {
      this.closed = resolve;
      // One that hangs is ended by force, and the next leader makes good what it left.
      setTimeout(resolve, closingMs);
      link.postMessage({ say: 'close' });
    });
    this.shut();
  }

  private shut(): void {
    for (const channel of [this.news, this.toLeader, this.fromLeader]) channel.close();
    this.link.end();
  }

  private hear(news: News): void {
    if (this.end || !beginsReign(news, this.epoch, this.news)) return;
    this.epoch = news.epoch;
    this.ledHere = news.realm === this.setup.realm;
    this.trouble = undefined;
    this.outgoing = [];
    const { config } = this;
    const { lock } = this.setup;
    this.say({
      say: 'hello',
      lock,
      config,
      pools: this.events.executedPools(),
      claims: this.events.claims(),
    });
    this.events.rejoin();
    for (const [id, asked] of this.asked) this.put(id, asked);
  }

  private put(id: number, asked: Asked): void {
    this.say({ say: 'ask', id, question: asked.question, again: asked.wasSent });
    asked.wasSent = true;
  }

  private flush(): void {
    const messages = this.outgoing;
    if (messages.length === 0) return;
    this.outgoing = [];
    try {
      this.post(messages);
    } catch {
      // One of them cannot be cloned; the others can.
      for (const message of messages) this.postAlone(message);
    }
  }

  private postAlone(message: ClientMessage): void {
    try {
      this.post([message]);
    } catch (cause) {
      if (message.say !== 'ask') throw cause;
      const why = `payload: cannot be sent to the tab that leads: ${String(cause)}`;
      this.taken(message.id)?.reject(new ParkingLotError('invalid_task', why, { field: 'payload', cause }));
    }
  }

  private post(messages: readonly ClientMessage[]): void {
    const envelope = { epoch: this.epoch, realm: this.setup.realm, messages };
    if (this.ledHere) this.link.postMessage({ say: 'to leader', envelope });
    else this.toLeader.postMessage(envelope);
  }

  private report(report: StationReport): void {
    switch (report.say) {
      case 'checked':
        this.settleChecked.resolve(report);
        this.unwatchStation();
        if (report.lock !== undefined) {
          this.unwatchStation = watchAliveLock(report.lock, () => this.restart());
        }
        break;
      case 'failed':
        this.settleChecked.reject(arrivedError(report.error));
        break;
      case 'from leader':
        this.receive(report.envelope);
        break;
      case 'leaderless':
        this.leaderless(report.error);
        break;
      case 'closed':
        this.closed?.();
        break;
    }
  }

  private receive({ epoch, messages }: Envelope<LeaderMessage>): void {
    if (epoch !== this.epoch || this.end) return;
    for (const message of messages) {
      switch (message.say) {
        case 'welcome':
          this.settleWelcome.resolve(message);
          break;
        case 'answer':
          this.taken(message.id)?.resolve(arrivedValue(message.value));
          break;
        case 'refusal':
          this.taken(message.id)?.reject(arrivedError(message.error));
          break;
        default:
          this.events.received(message);
      }
    }
  }

  private taken(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    return asked;
  }

  private leaderless(cause: CarriedError | undefined): void {
    const why = cause ? ` ${cause.message}` : '';
    const error = new ParkingLotError(
      'storage_unavailable',
      `No tab has been able to open the database ${this.setup.database}.${why}`,
      { cause: cause && arrivedError(cause) },
    );
    // Whoever leads next may be one that has led before.
    this.epoch = 0;
    this.trouble = error;
    this.rejectAll(error);
    this.events.leaderless(error);
  }

  private broke(cause: Error): void {
    if (this.end) return;
    const error = new ParkingLotError(
      'unavailable',
      `The worker that hosts the lot cannot be started or has ended: ${cause.message}`,
      { cause },
    );
    this.end = error;
    this.closed?.();
    this.rejectAll(error);
    this.events.leaderless(error);
    this.shut();
  }

  private rejectAll(error: ParkingLotError): void {
    this.settleChecked.reject(error);
    this.settleWelcome.reject(error);
    const asked = [...this.asked.values()];
    this.asked.clear();
    for (const { reject } of asked) reject(error);
  }
}
