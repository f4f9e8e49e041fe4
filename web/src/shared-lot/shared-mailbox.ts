import type { MailboxKey } from '../config.js';
import { arriving, type Bell, type FetchQuery, type Mailbox, type MailboxMessage } from '../mailbox.js';
import type { Connection } from './connection.js';

/** Who waits for messages; a new leader is told of all. */
export class Subscriptions {
  private readonly bells = new Map<string, { readonly key: MailboxKey; readonly bell: Bell }>();
  private count = 0;

  constructor(private readonly connection: Connection) {}

  add(key: MailboxKey, bell: Bell): () => void {
    this.count += 1;
    const name = String(this.count);
    this.bells.set(name, { key, bell });
    this.connection.say({ say: 'subscribe', name, key });
    return () => {
      this.bells.delete(name);
      this.connection.say({ say: 'unsubscribe', name, key });
    };
  }

  rejoin(): void {
    for (const [name, { key, bell }] of this.bells) {
      this.connection.say({ say: 'subscribe', name, key });
      // Something may have arrived while nobody told.
      bell.ring();
    }
  }

  arrived(name: string): void {
    this.bells.get(name)?.bell.ring();
  }

  ringAll(): void {
    for (const { bell } of this.bells.values()) bell.ring();
  }
}

/** The messages of one key: `Mailbox`, as seen from a realm that need not lead. */
export class SharedMailbox implements Pick<Mailbox, keyof Mailbox> {
  constructor(
    private readonly connection: Connection,
    private readonly subscriptions: Subscriptions,
    readonly key: MailboxKey,
  ) {}

  fetch(query: FetchQuery = {}): Promise<MailboxMessage[]> {
    return this.connection.ask({ on: 'mailbox', key: this.key, call: 'fetch', args: [query] });
  }

  acknowledge(cursor: string): Promise<number> {
    return this.connection.ask({ on: 'mailbox', key: this.key, call: 'acknowledge', args: [cursor] });
  }

  subscribe(query: { after?: string | undefined } = {}): AsyncGenerator<MailboxMessage, void, undefined> {
    return arriving(this, this.connection, query, (bell) => this.subscriptions.add(this.key, bell));
  }
}
