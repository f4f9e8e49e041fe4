import type { MomentLike } from '../config.js';
import { invalid, ParkingLotError } from '../errors.js';
import { momentMs } from '../moments.js';
import type { Occupancy, TicketView } from './answers.js';
import type { GarageAction, GarageSubjectKind } from './codes.js';

/** What happened in a garage, once, and to whom. */
export interface GarageEvent {
  /** Number of the record in the garage's stream. */
  readonly seq: number;
  readonly at: Date;
  readonly action: GarageAction;
  readonly subjects: readonly { readonly kind: GarageSubjectKind; readonly id: string }[];
  /** What else the record says, in the spelling of the core. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface GarageAuditQuery {
  /** Only events that concern this one; of a vehicle or a spot also those that name only its ticket. */
  subject?: { kind: GarageSubjectKind; id: string };
  from?: MomentLike;
  until?: MomentLike;
}

/** A garage as it was at a past moment. */
export interface GarageMoment {
  readonly occupancy: Occupancy;
  readonly tickets: readonly TicketView[];
}

type RawEvent = Omit<GarageEvent, 'at'> & { at: string };

/** What the core answers to a question about the past. */
export function answerOf<T extends object>(json: string): T {
  const answer = JSON.parse(json) as T | { failure: string };
  if (!('failure' in answer)) return answer;
  throw new ParkingLotError('storage_unavailable', `The garage's store ${answer.failure}`);
}

/** Until when, from when, as the core takes times. */
export function boundsOf(query: GarageAuditQuery, now: number): { from: number; until: number } {
  const { from, until } = query;
  return {
    from: from === undefined ? 0 : momentMs('from', from, now, 'invalid_argument'),
    until: until === undefined ? Number.MAX_SAFE_INTEGER : momentMs('until', until, now, 'invalid_argument'),
  };
}

/** The events that are asked for. Those of a ticket name it alone, so whose it is is remembered from its first one. */
export function chosen(raw: readonly RawEvent[], query: GarageAuditQuery, from: number): GarageEvent[] {
  const { subject } = query;
  if (subject !== undefined && (typeof subject.kind !== 'string' || typeof subject.id !== 'string'))
    throw invalid('invalid_argument', 'subject', 'must have a kind and an id, both text', subject);
  const followsTickets = subject?.kind === 'vehicle' || subject?.kind === 'spot';
  const tickets = new Set<string>();
  const isMeant = ({ subjects }: RawEvent) => {
    if (subject === undefined) return true;
    const ticket = subjects.find(({ kind }) => kind === 'ticket')?.id;
    const isNamed = subjects.some(({ kind, id }) => kind === subject.kind && id === subject.id);
    if (isNamed && ticket !== undefined && followsTickets) tickets.add(ticket);
    return isNamed || (ticket !== undefined && tickets.has(ticket));
  };
  return raw
    .filter(isMeant)
    .map((event) => ({ ...event, at: new Date(event.at) }))
    .filter(({ at }) => at.getTime() >= from);
}
