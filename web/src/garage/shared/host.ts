import { systemClock } from '../../clock.js';
import { ParkingLotError } from '../../errors.js';
import { Contender } from '../../shared-lot/contender.js';
import { type Envelope, names, type RealmKind } from '../../shared-lot/protocol.js';
import { RealmLines } from '../../shared-lot/realm-lines.js';
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
  private lines: RealmLines<OwnerMessage> | undefined;
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
    const { database, realm, opening, agreement, lock } = this.setup;
    const lines = new RealmLines<OwnerMessage>(database, realm, epoch, this.events.received);
    this.lines = lines;
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
    reign = new Reign(opened, agreement, lock, lines);
    if (this.epoch === epoch) {
      this.reign = reign;
      return;
    }
    await reign.abandon();
    throw new ParkingLotError('storage_unavailable', 'Another tab or worker has taken over.');
  }

  private async deposed(how: 'resigned' | 'stolen'): Promise<void> {
    const { reign } = this;
    if (how === 'resigned') await reign?.close();
    this.epoch = 0;
    this.reign = undefined;
    this.lines?.close();
    if (how === 'stolen') await reign?.abandon();
  }
}
