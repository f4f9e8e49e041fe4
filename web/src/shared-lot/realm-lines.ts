import { type Envelope, names } from './protocol.js';

/** What one reign says to the realms of its database, to each on a channel of its own. Messages of one turn go together. */
export class RealmLines<Message> {
  private readonly outboxes = new Map<number, Message[]>();
  private readonly channels = new Map<number, BroadcastChannel>();
  private isClosed = false;

  /** `receive`: what is for `realm`, where the reign is. */
  constructor(
    private readonly database: string,
    private readonly realm: number,
    private readonly epoch: number,
    private readonly receive: (envelope: Envelope<Message>) => void,
  ) {}

  say(realm: number, message: Message): void {
    const outbox = this.outboxes.get(realm) ?? [];
    if (outbox.push(message) > 1) return;
    this.outboxes.set(realm, outbox);
    queueMicrotask(() => {
      this.outboxes.delete(realm);
      if (!this.isClosed) this.post({ epoch: this.epoch, realm, messages: outbox });
    });
  }

  /** The realm has ended, or has said that it leaves. */
  forget(realm: number): void {
    this.channels.get(realm)?.close();
    this.channels.delete(realm);
  }

  /** The reign is over: nothing more is said, not even what was said in this turn. */
  close(): void {
    this.isClosed = true;
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private post(envelope: Envelope<Message>): void {
    const { realm } = envelope;
    if (realm === this.realm) {
      this.receive(envelope);
      return;
    }
    let channel = this.channels.get(realm);
    if (channel === undefined) {
      channel = new BroadcastChannel(names.realm(realm, this.database));
      this.channels.set(realm, channel);
    }
    channel.postMessage(envelope);
  }
}
