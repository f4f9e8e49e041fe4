import { onArrival } from './arrivals.js';
import { checkObject } from './checked.js';
import type { FinalStatus, Reason } from './codes.js';
import type { MailboxKey, MomentLike } from './config.js';
import { invalid, ParkingLotError } from './errors.js';
import type { Host } from './host.js';
import { momentMs } from './moments.js';
import { wholeNumber } from './pool.js';
import { type RawResult, unreadable } from './results.js';

/** An outcome, as it lies in a mailbox until it is acknowledged. */
export interface MailboxMessage {
  readonly messageId: string;
  readonly taskId: string;
  readonly pool: string;
  readonly status: FinalStatus;
  readonly reason?: Reason;
  /** What the task returned, or what it failed with. */
  readonly payload?: unknown;
  /** Its stored payload is lost, by damage to the store. */
  readonly payloadError?: 'payload_unreadable';
  readonly createdAt: Date;
  /** Give it to `fetch({ after })`, `subscribe({ after })` or `acknowledge`. */
  readonly cursor: string;
}

interface RawMessage {
  message_id: string;
  task_id: string;
  pool: string;
  status: FinalStatus;
  reason?: Reason;
  payload?: RawResult;
  created_at: string;
  cursor: string;
}

export interface FetchQuery {
  /** Cursor of the last message read. */
  after?: string | undefined;
  /** Only messages created at or after. */
  since?: MomentLike;
  /** At most so many, 50 unless given. */
  limit?: number;
}

/** The messages of one key: the outcomes of tasks that were submitted with exactly this `mailbox`. */
export class Mailbox {
  /** Made by `lot.mailbox(key)`. */
  constructor(
    private readonly host: Host,
    readonly key: MailboxKey,
  ) {}

  /** Messages that have not been acknowledged, oldest first. */
  async fetch(query: FetchQuery = {}): Promise<MailboxMessage[]> {
    checkObject('query', query, ['after', 'since', 'limit']);
    const limit = wholeNumber('limit', query.limit ?? 50, 1, 10_000);
    const after = cursorText('after', query.after ?? '');
    const since =
      query.since === undefined
        ? 0
        : momentMs('since', query.since, this.host.clock.wall(), 'invalid_argument');
    const messages = await this.withKey<RawMessage[]>((request, key) => {
      const length = this.host.core.put(after, 'after');
      this.host.core.raw._pl_fetch(request, key, length, since, limit);
    });
    return messages.map((message) => this.messageOf(message));
  }

  /** Drops all messages up to and including this cursor; answers how many. Older cursors change nothing. */
  async acknowledge(cursor: string): Promise<number> {
    const text = cursorText('cursor', cursor);
    return this.withKey<number>((request, key) => {
      this.host.core.raw._pl_acknowledge(request, key, this.host.core.put(text, 'cursor'));
    });
  }

  /**
   * All messages after `after`, first those that are there, then each as it arrives, until the loop is left or the lot is
   * closed. While the mailbox cannot be read it waits; `lot.health()` says why. Acknowledge what has been dealt with; a subscription does not.
   */
  subscribe(query: { after?: string | undefined } = {}): AsyncGenerator<MailboxMessage, void, undefined> {
    const { host } = this;
    return arriving(this, host, query, (bell) => {
      const stops = [onArrival(host, this.key, bell.ring), host.onOver(bell.ring)];
      return () => {
        for (const stop of stops) stop();
      };
    });
  }

  private internKey(): number {
    const { tenant, user, session } = this.key;
    return this.host.core.mailboxKey(tenant, user ?? '', session ?? '');
  }

  private async withKey<T>(queue: (request: number, key: number) => void): Promise<T> {
    try {
      return await this.host.ask<T>((request) => {
        const key = this.internKey();
        queue(request, key);
        this.host.core.raw._pl_release_name(key);
      });
    } catch (error) {
      throw isUnavailable(error) ? this.unavailable(error) : error;
    }
  }

  private unavailable(cause: ParkingLotError): ParkingLotError {
    const why = this.host.storageTrouble() ?? 'its store is loading or failing.';
    const message = `The mailbox cannot be read or acknowledged now; outcomes wait for it, retry later: ${why}`;
    return new ParkingLotError('storage_unavailable', message, { cause });
  }

  private messageOf(raw: RawMessage): MailboxMessage {
    const payload = this.host.results.of(raw.payload, raw.status === 'completed' ? 'result' : 'failure');
    return {
      messageId: raw.message_id,
      taskId: raw.task_id,
      pool: raw.pool,
      status: raw.status,
      ...(raw.reason && { reason: raw.reason }),
      ...(payload === unreadable
        ? { payloadError: 'payload_unreadable' }
        : payload !== undefined && { payload }),
      createdAt: new Date(raw.created_at),
      cursor: raw.cursor,
    };
  }
}

function isUnavailable(error: unknown): error is ParkingLotError {
  return error instanceof ParkingLotError && error.code === 'storage_unavailable';
}

/** Where messages are fetched from until it is over. */
interface MessageHome {
  readonly isOver: boolean;
  assertOpen(): void;
}

/**
 * Messages as `mailbox` has them, with waits for the bell in between, until `home` is over or nobody wants more. `hang` has
 * the bell rung for what arrives; its answer stops that.
 */
export function arriving(
  mailbox: Pick<Mailbox, 'fetch'>,
  home: MessageHome,
  query: { after?: string | undefined },
  hang: (bell: Bell) => () => void,
): AsyncGenerator<MailboxMessage, void, undefined> {
  const bell = new Bell();
  let isLeft = false;
  const messages = (async function* () {
    home.assertOpen();
    checkObject('query', query, ['after']);
    const takeDown = hang(bell);
    let { after } = query;
    try {
      while (!home.isOver && !isLeft) {
        bell.silence();
        const page = await mailbox.fetch({ after }).catch((error: unknown) => {
          // A store that is back rings for all that it holds.
          if (home.isOver || isUnavailable(error)) return [];
          throw error;
        });
        for (const message of page) {
          after = message.cursor;
          yield message;
        }
        if (page.length === 0 && !isLeft) await bell.rung();
      }
    } finally {
      takeDown();
    }
  })();
  const end = messages.return.bind(messages);
  // A generator takes note of a `return` only when it goes on.
  messages.return = (value) => {
    isLeft = true;
    bell.ring();
    return end(value);
  };
  return messages;
}

/** Wakes one waiter, also when it was rung before the wait began. */
export class Bell {
  private isRung = false;
  private wake: (() => void) | undefined;

  readonly ring = (): void => {
    this.isRung = true;
    this.wake?.();
  };

  silence(): void {
    this.isRung = false;
  }

  rung(): Promise<void> {
    if (this.isRung) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

/** Numbers would read as no cursor at all. */
function cursorText(field: string, cursor: unknown): string {
  if (typeof cursor === 'string') return cursor;
  throw invalid('invalid_cursor', field, 'must be the text that came with a message', cursor);
}
