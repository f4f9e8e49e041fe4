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
import { momentMs } from './moments.js';
import { checkedText, wholeNumber } from './pool.js';
import { checkMailboxKey } from './task-spec.js';

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
