import { systemClock } from '../../clock.js';
import { ParkingLotError } from '../../errors.js';
import { Contender } from '../../shared-lot/contender.js';
import { Outbox } from '../../shared-lot/outbox.js';
import { type Envelope, names, type RealmKind } from '../../shared-lot/protocol.js';
import type { SendableWasm } from '../../wasm/sendable.js';
import { type GaragesOpening, OpenedGarages } from '../opened.js';
import { garageStorage } from '../storage.js';
import type { OwnerMessage, VisitorMessage } from './protocol.js';
import { Reign } from './reign.js';

export interface HostSetup {
  /** The name under which realms agree on an owner. */
  readonly database: string;
  readonly realm: number;
  readonly kind: RealmKind;
  /** Held as long as this host lives; undefined where it cannot be. */
  readonly lock: string | undefined;
  /** What visitors must have said to be heard. */
  readonly agreement: string;
  readonly opening: Pick<GaragesOpening, 'config' | 'environment' | 'entropy'> & {
    readonly wasm: SendableWasm | undefined;
  };
}

export interface HostEvents {
  /** To the visitor of this realm. */
  received(envelope: Envelope<OwnerMessage>): void;
  /** It had the lead and could not open the garages. */
  failed(error: unknown): void;
  /** Nobody has owned the store for long; `error` tells why this host could not. */
  leaderless(error: unknown): void;
}

/** What every realm has to own the garages with. It seeks the lead; while it has it, it runs the module and serves visitors. */
export class GarageHost {
  private readonly channel: BroadcastChannel;
  private readonly lines = new Map<number, BroadcastChannel>();
  private readonly outboxes = new Map<number, Outbox<OwnerMessage>>();
  private readonly contender: Contender;
  private reign: Reign | undefined;
  private epoch = 0;

  constructor(
    private readonly setup: HostSetup,
    private readonly events: HostEvents,
  ) {
    const { database, realm, kind } = setup;
    this.channel = new BroadcastChannel(names.leader(database));
    this.channel.addEventListener('message', (event: MessageEvent) =>
      this.hear(event.data as Envelope<VisitorMessage>),
    );
    this.contender = new Contender(database, realm, kind, {
      crowned: (epoch, as) => this.crowned(epoch, as),
      deposed: (how) => this.deposed(how),
      leaderless: (error) => events.leaderless(error),
      beat: () => undefined,
    });
  }

  hear({ epoch, realm, messages }: Envelope<VisitorMessage>): void {
    if (epoch === this.epoch) this.reign?.hear(realm, messages);
  }

  /** Answers what it has heard, and gives the lead back. */
  async close(): Promise<void> {
    await this.contender.close();
    this.channel.close();
  }

  private async crowned(epoch: number, as: 'first' | 'successor'): Promise<void> {
    this.epoch = epoch;
    try {
      await this.open(epoch, as);
    } catch (error) {
      if (this.epoch === epoch) this.events.failed(error);
      throw error;
    }
  }

  private async open(epoch: number, as: 'first' | 'successor'): Promise<void> {
    const { opening, agreement, lock } = this.setup;
    let reign: Reign | undefined;
    const opened = await OpenedGarages.open({
      ...opening,
      parts: garageStorage,
      clock: systemClock,
      taking: as === 'first' ? 'refuse' : 'inherit',
      over: () => {
        reign?.silence();
        this.contender.abdicate();
      },
    });
    const post = (realm: number, message: OwnerMessage) => this.outboxOf(realm, epoch).add(message);
    reign = new Reign(opened, agreement, lock, post, (realm) => this.forget(realm));
    const { volatileReason } = opened;
    if (this.epoch === epoch && (as === 'first' || volatileReason === undefined)) {
      this.reign = reign;
      return;
    }
    await reign.abandon();
    throw new ParkingLotError(
      'storage_unavailable',
      volatileReason ?? 'Another tab or worker has taken over.',
    );
  }

  private async deposed(how: 'resigned' | 'stolen'): Promise<void> {
    const { reign } = this;
    if (how === 'resigned') await reign?.close();
    this.epoch = 0;
    this.reign = undefined;
    if (how === 'stolen') await reign?.abandon();
    this.outboxes.clear();
    for (const line of this.lines.values()) line.close();
    this.lines.clear();
  }

  private outboxOf(realm: number, epoch: number): Outbox<OwnerMessage> {
    let outbox = this.outboxes.get(realm);
    if (outbox === undefined) {
      outbox = new Outbox((messages) => {
        if (this.epoch === epoch) this.post(realm, { epoch, realm, messages });
      });
      this.outboxes.set(realm, outbox);
    }
    return outbox;
  }

  private post(realm: number, envelope: Envelope<OwnerMessage>): void {
    if (realm === this.setup.realm) {
      this.events.received(envelope);
      return;
    }
    let line = this.lines.get(realm);
    if (line === undefined) {
      line = new BroadcastChannel(names.realm(realm, this.setup.database));
      this.lines.set(realm, line);
    }
    line.postMessage(envelope);
  }

  private forget(realm: number): void {
    this.outboxes.delete(realm);
    this.lines.get(realm)?.close();
    this.lines.delete(realm);
  }
}
