import { carryError } from '../../shared-lot/carried-error.js';
import type { RealmLines } from '../../shared-lot/realm-lines.js';
import { watchAliveLock } from '../../worker/alive-lock.js';
import type { RawAnswer } from '../gate.js';
import type { Gatehouse } from '../gatehouse.js';
import type { OpenedGarages } from '../opened.js';
import { LaneWatch } from './lane-watch.js';
import type { OwnerMessage, VisitorMessage } from './protocol.js';

interface Visitor {
  readonly listening: Map<number, () => void>;
  readonly unwatch: () => void;
}

/** One reign: the opened garages, and the visitors that they answer. */
export class Reign {
  private readonly visitors = new Map<number, Visitor>();
  private readonly lanes: readonly LaneWatch[];
  private doors: 'open' | 'closing' | 'closed' = 'open';

  constructor(
    private readonly opened: OpenedGarages,
    private readonly config: string,
    private readonly lock: string | undefined,
    private readonly lines: RealmLines<OwnerMessage>,
  ) {
    this.lanes = opened.gatehouses.map((gatehouse) => new LaneWatch(gatehouse));
  }

  hear(realm: number, messages: readonly VisitorMessage[]): void {
    for (const message of messages) {
      if (message.say === 'hello') this.greet(realm, message);
      else if (this.visitors.has(realm)) this.obey(realm, message);
    }
  }

  /** Answers what it has heard, and sends away what comes then. */
  async close(): Promise<void> {
    this.doors = 'closing';
    for (const realm of this.visitors.keys()) this.send(realm, { say: 'leaves' });
    await this.opened.settle();
    // The answers of the last commit are given in this turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await this.abandon();
  }

  /** Nothing more is answered: it would not be durable. */
  silence(): void {
    this.doors = 'closed';
  }

  async abandon(): Promise<void> {
    this.silence();
    for (const realm of [...this.visitors.keys()]) this.leave(realm);
    await this.opened.end();
  }

  private greet(realm: number, { lock, config }: Extract<VisitorMessage, { say: 'hello' }>): void {
    this.leave(realm);
    if (config !== this.config) {
      this.send(realm, { say: 'other config' });
      return;
    }
    const unwatch = lock === undefined ? () => undefined : watchAliveLock(lock, () => this.leave(realm));
    this.visitors.set(realm, { listening: new Map(), unwatch });
    this.send(realm, { say: 'welcome', garages: this.opened.facts, lock: this.lock });
  }

  private obey(realm: number, message: Exclude<VisitorMessage, { say: 'hello' }>): void {
    switch (message.say) {
      case 'command':
        this.answer(realm, message.id, () =>
          this.gatehouse(message.garage).ask(message.command, (answer) =>
            this.send(realm, { say: 'waiting', id: message.id, answer }),
          ),
        );
        break;
      case 'look':
        this.answer(realm, message.id, async () => this.gatehouse(message.garage).look(message.look));
        break;
      case 'wait':
        this.answer(realm, message.id, () => this.lanes[message.garage]!.outcome(message.waiting));
        break;
      case 'listen':
        this.listen(realm, message.garage);
        break;
      case 'unlisten':
        this.unlisten(realm, message.garage);
        break;
      case 'bye':
        this.leave(realm);
        break;
    }
  }

  private answer(realm: number, id: number, ask: () => Promise<RawAnswer | string>): void {
    if (this.doors !== 'open') return this.lines.say(realm, { say: 'left undone', id });
    ask().then(
      (answer) => this.send(realm, { say: 'answer', id, answer }),
      (error: unknown) => this.send(realm, { say: 'refusal', id, error: carryError(error) }),
    );
  }

  private listen(realm: number, garage: number): void {
    this.unlisten(realm, garage);
    const stop = this.gatehouse(garage).listen((change) =>
      this.send(realm, { say: 'changed', garage, change }),
    );
    this.visitors.get(realm)?.listening.set(garage, stop);
  }

  private unlisten(realm: number, garage: number): void {
    const { listening } = this.visitors.get(realm)!;
    listening.get(garage)?.();
    listening.delete(garage);
  }

  private leave(realm: number): void {
    const visitor = this.visitors.get(realm);
    if (visitor === undefined) return;
    this.visitors.delete(realm);
    visitor.unwatch();
    for (const stop of visitor.listening.values()) stop();
    this.lines.forget(realm);
  }

  private send(realm: number, message: OwnerMessage): void {
    if (this.doors !== 'closed') this.lines.say(realm, message);
  }

  private gatehouse(garage: number): Gatehouse {
    return this.opened.gatehouses[garage]!;
  }
}
