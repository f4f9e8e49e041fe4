import type { Clock } from '../../clock.js';
import { ParkingLotError } from '../../errors.js';
import { arrivedError } from '../../shared-lot/carried-error.js';
import { type Envelope, type News, names } from '../../shared-lot/protocol.js';
import { beginsReign } from '../../shared-lot/succession.js';
import { watchAliveLock } from '../../worker/alive-lock.js';
import type { GarageChange } from '../answers.js';
import type { GarageFacts } from '../garage.js';
import type { Gate, Look, RawAnswer } from '../gate.js';
import type { OwnerMessage, VisitorMessage, Waiting } from './protocol.js';

export interface VisitorSetup {
  readonly database: string;
  readonly realm: number;
  readonly lock: string | undefined;
  readonly agreement: string;
  readonly clock: Clock;
  /** To the host of this realm, when it is the one that owns. */
  post(envelope: Envelope<VisitorMessage>): void;
  /** The owner has another config: nothing can be asked any more. */
  refused(): void;
}

type Request =
  | { readonly say: 'command'; readonly garage: number; readonly command: string }
  | { readonly say: 'look'; readonly garage: number; readonly look: Look }
  | { readonly say: 'wait'; readonly garage: number; readonly waiting: Waiting };

interface Asked {
  request: Request;
  /** The owner of this reign has it, and may have done it. */
  wasSent: boolean;
  readonly waiting: ((answer: RawAnswer) => void) | undefined;
  resolve(answer: RawAnswer | string): void;
  reject(error: unknown): void;
}

/** So long a close waits for what was asked and is on its way. */
const closingMs = 5_000;

/** Looks change nothing, though the core takes them for commands. */
const looks = ['ticket', 'price', 'quote', 'reconcile'];

/**
 * A realm's side of garages that another realm may own.
 *
 * What an owner left unanswered is asked again of the next one if it changes nothing. Of a command nobody can know whether it
 * was done: it is rejected as `unconfirmed`. Commands wait while nobody owns the store, and are told that nobody does in the
 * end. Who waits in the lane goes on waiting: its place is in the journal.
 */
export class Visitor {
  private readonly news: BroadcastChannel;
  private readonly toOwner: BroadcastChannel;
  private readonly fromOwner: BroadcastChannel;
  private readonly asked = new Map<number, Asked>();
  private readonly listeners = new Map<number, Set<(change: GarageChange) => void>>();
  private lastId = 0;
  private epoch = 0;
  private isOwnedHere = false;
  /** The owner of this reign hears nothing any more: what is asked now is for the next one. */
  private hasOwnerLeft = false;
  private unwatchOwner: () => void = () => undefined;
  private end: ParkingLotError | undefined;
  private trouble: ParkingLotError | undefined;
  private settleWelcome!: { resolve(facts: readonly GarageFacts[]): void; reject(error: unknown): void };
  private whenQuiet: (() => void) | undefined;
  /** The garages, once an owner has told what they are. */
  readonly welcomed: Promise<readonly GarageFacts[]>;

  constructor(private readonly setup: VisitorSetup) {
    const { database, realm } = setup;
    this.welcomed = new Promise((resolve, reject) => {
      this.settleWelcome = { resolve, reject };
    });
    this.welcomed.catch(() => undefined);
    this.news = new BroadcastChannel(names.news(database));
    this.toOwner = new BroadcastChannel(names.leader(database));
    this.fromOwner = new BroadcastChannel(names.realm(realm, database));
    this.fromOwner.addEventListener('message', (event: MessageEvent) =>
      this.receive(event.data as Envelope<OwnerMessage>),
    );
    this.news.addEventListener('message', (event: MessageEvent) => this.hear(event.data as News));
    this.news.postMessage({ say: 'who leads?' } satisfies News);
  }

  gate(garage: number): Gate {
    return {
      clock: this.setup.clock,
      ask: (command, waiting) => this.ask({ say: 'command', garage, command }, waiting) as Promise<RawAnswer>,
      look: (look) => this.ask({ say: 'look', garage, look }) as Promise<string>,
      listen: (listener) => this.listen(garage, listener),
    };
  }

  /** What this realm's host says. */
  failed(error: unknown): void {
    this.settleWelcome.reject(error);
  }

  /** Nobody has owned the store for long. */
  leaderless(cause: unknown): void {
    const why = cause instanceof Error ? ` ${cause.message}` : '';
    const message = `No tab or worker has been able to open ${this.setup.database.replace(/^garages:/, '')}.${why}`;
    this.trouble = new ParkingLotError('storage_unavailable', message, { cause });
    this.epoch = 0;
    this.settleWelcome.reject(this.trouble);
    for (const [id, { request, wasSent }] of this.asked) {
      this.taken(id)?.reject(wasSent && mayHaveChanged(request) ? unconfirmed(request) : this.trouble);
    }
  }

  receive({ epoch, messages }: Envelope<OwnerMessage>): void {
    if (epoch !== this.epoch || this.end) return;
    for (const message of messages) this.obey(message);
  }

  /** Resolves when nothing is under way any more but waiting in the lane; not later than after five seconds. */
  quiet(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, closingMs);
      this.whenQuiet = () => {
        if ([...this.asked.values()].some(({ request, wasSent }) => wasSent && request.say !== 'wait'))
          return;
        clearTimeout(timer);
        resolve();
      };
      this.whenQuiet();
    });
  }

  /** Rejects whatever is left with `error`. Calling it again does no harm. */
  close(error: ParkingLotError): void {
    if (this.end) return;
    this.say({ say: 'bye' });
    this.end = error;
    this.settleWelcome.reject(error);
    for (const id of [...this.asked.keys()]) this.taken(id)?.reject(error);
    this.listeners.clear();
    this.unwatchOwner();
    for (const channel of [this.news, this.toOwner, this.fromOwner]) channel.close();
  }

  private ask(request: Request, waiting?: (answer: RawAnswer) => void): Promise<RawAnswer | string> {
    if (this.end ?? this.trouble) return Promise.reject(this.end ?? this.trouble);
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      const asked: Asked = { request, wasSent: false, waiting, resolve, reject };
      this.asked.set(id, asked);
      this.put(id, asked);
    });
  }

  private listen(garage: number, listener: (change: GarageChange) => void): () => void {
    if (this.end) throw this.end;
    const listeners = this.listeners.get(garage) ?? new Set();
    this.listeners.set(garage, listeners.add(listener));
    if (listeners.size === 1) this.say({ say: 'listen', garage });
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) this.say({ say: 'unlisten', garage });
    };
  }

  private hear(news: News): void {
    if (this.end || !beginsReign(news, this.epoch, this.news)) return;
    this.epoch = news.epoch;
    this.isOwnedHere = news.realm === this.setup.realm;
    this.hasOwnerLeft = false;
    this.trouble = undefined;
    const { lock, agreement } = this.setup;
    this.say({ say: 'hello', lock, config: agreement });
    for (const [garage, { size }] of this.listeners) if (size > 0) this.say({ say: 'listen', garage });
    for (const [id, asked] of this.asked) {
      if (asked.wasSent && mayHaveChanged(asked.request)) this.taken(id)?.reject(unconfirmed(asked.request));
      else this.put(id, asked);
    }
  }

  private put(id: number, asked: Asked): void {
    if (this.epoch === 0 || this.hasOwnerLeft) return;
    asked.wasSent = true;
    this.say({ ...asked.request, id });
  }

  private say(message: VisitorMessage): void {
    if (this.epoch === 0 || this.end) return;
    const envelope = { epoch: this.epoch, realm: this.setup.realm, messages: [message] };
    if (this.isOwnedHere) this.setup.post(envelope);
    else this.toOwner.postMessage(envelope);
  }

  private obey(message: OwnerMessage): void {
    switch (message.say) {
      case 'welcome':
        this.watchOwner(message.lock);
        this.settleWelcome.resolve(message.garages);
        break;
      case 'leaves':
        this.hasOwnerLeft = true;
        break;
      case 'other config':
        this.close(otherConfig(this.setup.database));
        this.setup.refused();
        break;
      case 'waiting':
        this.waits(message.id, message.answer);
        break;
      case 'answer':
        this.taken(message.id)?.resolve(message.answer);
        break;
      case 'refusal':
        this.taken(message.id)?.reject(arrivedError(message.error));
        break;
      case 'left undone':
        this.undone(message.id);
        break;
      case 'changed':
        for (const listener of [...(this.listeners.get(message.garage) ?? [])]) listener(message.change);
        break;
    }
  }

  /** Its end is known before the next one is ready. */
  private watchOwner(lock: string | undefined): void {
    const { epoch } = this;
    this.unwatchOwner();
    if (lock === undefined) return;
    this.unwatchOwner = watchAliveLock(lock, () => {
      if (this.epoch === epoch) this.hasOwnerLeft = true;
    });
  }

  /** From now on another owner knows enough to go on with it. */
  private waits(id: number, answer: RawAnswer): void {
    const asked = this.asked.get(id);
    if (asked?.request.say !== 'command') return;
    const { garage, command } = asked.request;
    const { plate, wait } = JSON.parse(command) as { plate: string; wait: number };
    asked.request = { say: 'wait', garage, waiting: { plate, until: wait } };
    this.whenQuiet?.();
    asked.waiting?.(answer);
  }

  private undone(id: number): void {
    const asked = this.asked.get(id);
    if (asked) asked.wasSent = false;
    this.whenQuiet?.();
  }

  private taken(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    this.whenQuiet?.();
    return asked;
  }
}

function mayHaveChanged(request: Request): boolean {
  return request.say === 'command' && !looks.includes((JSON.parse(request.command) as { do: string }).do);
}

function unconfirmed(request: Request): ParkingLotError {
  const what = request.say === 'command' ? (JSON.parse(request.command) as { do: string }).do : request.say;
  const message =
    `The tab or worker that had the garage has ended before it answered ${JSON.stringify(what)}, and may have done it: ` +
    'look at the ticket, then ask again.';
  return new ParkingLotError('unconfirmed', message);
}

function otherConfig(database: string): ParkingLotError {
  const [, , ...location] = database.split(':');
  const message =
    `The tab or worker that has the garages in ${location.join(':')} has opened them with another config, which counts ` +
    'until it is closed: close it there, or open with the same config.';
  return new ParkingLotError('unavailable', message);
}
