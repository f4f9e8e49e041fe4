import { checkObject } from './checked.js';
import {
  type Action,
  type Reason,
  type Refusal,
  type Status,
  type SubjectKind,
  subjectKinds,
} from './codes.js';
import type { MailboxKey, MomentLike } from './config.js';
import { invalid, ParkingLotError } from './errors.js';
import type { Host } from './host.js';
import { Mailbox } from './mailbox.js';
import { momentMs } from './moments.js';
import { checkedText, wholeNumber } from './pool.js';
import { checkMailboxKey } from './task-spec.js';
import { StorageState } from './wasm/raw.js';

/** What happened, once, and to whom. */
export interface AuditEvent {
  /** Number of the record in its pool's stream. */
  readonly seq: number;
  readonly at: Date;
  readonly pool: string;
  readonly action: Action;
  readonly subjects: readonly { readonly kind: SubjectKind; readonly id: string }[];
  readonly detail: {
    readonly status?: Status;
    readonly reason?: Reason;
    /** Of `reject`, with the number of refusals that this event stands for. */
    readonly refusal?: Refusal;
    readonly count?: number;
    readonly units?: number;
    readonly lease?: number;
    readonly attempt?: number;
    /** Of `start`: the task had been parked. */
    readonly woken?: boolean;
  };
}

export interface AuditQuery {
  /** Only events that concern this one. A mailbox is named by its key. */
  subject?: { kind: Exclude<SubjectKind, 'mailbox'>; id: string } | { kind: 'mailbox'; id: MailboxKey };
  from?: MomentLike;
  until?: MomentLike;
  order?: 'oldest_first' | 'newest_first';
  /** `next` of the page before. */
  after?: string;
  limit?: number;
}

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** Give it as `after` for the next page; absent: this was the last one. */
  readonly next?: string;
}

/**
 * The trail of everything that the lot did. Of durable pools it is read from their stores, where it goes back as far as
 * `audit.retention_secs` says, over all openings; volatile pools keep the newest `audit.memory_events`.
 */
export class Audit {
  /** Made by `lot.audit`. */
  constructor(private readonly host: Host) {}

  async query(query: AuditQuery = {}): Promise<AuditPage> {
    const { host } = this;
    host.flush();
    host.assertOpen();
    checkObject('query', query, ['subject', 'from', 'until', 'order', 'after', 'limit']);
    if (query.subject !== undefined) checkObject('subject', query.subject, ['kind', 'id']);
    if (query.after !== undefined) checkedText('after', query.after);
    const now = host.clock.wall();
    const order = query.order ?? 'oldest_first';
    if (order !== 'oldest_first' && order !== 'newest_first') {
      throw invalid('invalid_argument', 'order', 'must be oldest_first or newest_first', order);
    }
    const page = JSON.parse(
      host.core.raw.queryAudit(
        query.subject ? kindNumber(query.subject.kind) : -1,
        query.subject ? subjectId(query.subject) : '',
        query.from === undefined ? 0 : momentMs('from', query.from, now, 'invalid_argument'),
        query.until === undefined
          ? Number.POSITIVE_INFINITY
          : momentMs('until', query.until, now, 'invalid_argument'),
        order === 'oldest_first' ? 0 : 1,
        query.after ?? '',
        wholeNumber('limit', query.limit ?? 100, 1, 10_000),
      ),
    ) as Answer;
    if ('failure' in page) throw failureOf(page, query.after);
    const events = page.events.map((event) => ({ ...event, at: new Date(event.at) }));
    return page.next === '' ? { events } : { events, next: page.next };
  }

  /**
   * Erases a user with all sessions: drops their messages and destroys the keys under which stores sealed their mailbox
   * keys. No file, event or remembered task tells tenant and user together any more: `erased:` and a number stands there,
   * and the chain of hashes holds. Resolves when that is durable. Task ids and payloads are not looked into.
   *
   * Rejects with `wrong_state` while a task of the user has not ended or been delivered, and with `storage_unavailable`
   * while a store cannot be read or written. O(bytes of the records).
   */
  async eraseUser(whom: { tenant: string; user: string }): Promise<Erasure> {
    const { host } = this;
    checkObject('whom', whom, ['tenant', 'user', 'session']);
    const { tenant, user } = whom;
    if (user === undefined || user === '') {
      throw invalid('invalid_argument', 'user', 'must be given: it is who is to be erased', user);
    }
    checkMailboxKey('user', { tenant, user }, 'invalid_argument');
    host.flush();
    host.assertOpen();
    const found = JSON.parse(host.core.raw.findUser(tenant, user)) as Found;
    if ('task' in found) throw livesStill(found.task);
    if ('failure' in found) throw notErased(found);
    let messages = 0;
    for (const session of found.sessions) {
      messages += await new Mailbox(host, { tenant, user, session }).acknowledge(found.cursor);
    }
    host.flush();
    host.assertOpen();
    const answer = JSON.parse(host.core.raw.eraseUser(tenant, user)) as Erased;
    if ('task' in answer) throw livesStill(answer.task);
    if ('failure' in answer) throw notErased(answer);
    await erasureEnds(host);
    return { messages, keys: answer.keys };
  }
}

/** Until names that were erased are so on every disk. */
async function erasureEnds(host: Host): Promise<void> {
  const { storage, core } = host;
  if (!storage) return;
  host.tick();
  while ((core.raw._pl_storage_state() & StorageState.erasing) !== 0) {
    const trouble = host.storageTrouble();
    if (trouble !== undefined) {
      throw new ParkingLotError(
        'storage_unavailable',
        `The names cannot be erased yet: ${trouble} They are erased once the store takes writes again; ask again to be sure.`,
      );
    }
    await storage.nextSync();
    host.assertOpen();
    host.tick();
  }
}

/** What `eraseUser` has taken away. */
export interface Erasure {
  /** Dropped from mailboxes. */
  readonly messages: number;
  /** Under which stores had sealed the names; 0 in memory. */
  readonly keys: number;
}

type Failed = { where: string; failure: string };
type Found = { task: string } | { cursor: string; sessions: string[] } | Failed;
type Erased = { task: string } | { keys: number } | Failed;

function notErased({ where, failure }: Failed): ParkingLotError {
  const place = where === '' ? '' : `${where}: `;
  return new ParkingLotError('storage_unavailable', `The user cannot be erased: ${place}${failure}`);
}

function livesStill(task: string): ParkingLotError {
  return new ParkingLotError(
    'wrong_state',
    `Task ${task} of this user has not ended, or its outcome is on its way: cancel it or wait, and erase then.`,
  );
}

type Answer =
  | { events: (Omit<AuditEvent, 'at'> & { at: string })[]; next: string }
  | { where: string; failure: string };

function failureOf({ where, failure }: { where: string; failure: string }, after: unknown): ParkingLotError {
  if (where === 'after') {
    return invalid('invalid_argument', 'after', 'is no cursor; give `next` of the page before', after);
  }
  const place = where === '' ? '' : `${where}: `;
  return new ParkingLotError('storage_unavailable', `The audit trail cannot be read: ${place}${failure}`);
}

function kindNumber(kind: unknown): number {
  const number = subjectKinds.indexOf(kind as SubjectKind);
  if (number >= 0) return number;
  throw invalid('invalid_argument', 'subject.kind', `must be one of ${subjectKinds.join(', ')}`, kind);
}

function subjectId(subject: NonNullable<AuditQuery['subject']>): string {
  if (subject.kind !== 'mailbox') return checkedText('subject.id', subject.id);
  const { tenant, user, session } = checkMailboxKey('subject.id', subject.id, 'invalid_argument');
  return `${tenant}\u001f${user ?? ''}\u001f${session ?? ''}`;
}
