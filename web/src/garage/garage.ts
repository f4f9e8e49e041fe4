import { onAbort } from '../abort-listeners.js';
import type { MomentLike } from '../config.js';
import { invalid } from '../errors.js';
import { durationMs, momentMs } from '../moments.js';
import {
  type Admission,
  type Arrival,
  type Change,
  type DayReport,
  type Departure,
  type Disagreement,
  type GarageChange,
  type Occupancy,
  type Payment,
  type PermitView,
  type PlaceView,
  type Price,
  type Reservation,
  type ReservationView,
  type SimulatedDay,
  type SpotView,
  shown,
  snakeCase,
  type TicketView,
} from './answers.js';
import type { Allocation, SpotState } from './codes.js';
import type { Gate, RawAnswer, Shown } from './gate.js';
import {
  answerOf,
  boundsOf,
  chosen,
  type GarageAuditQuery,
  type GarageEvent,
  type GarageMoment,
} from './past.js';
import type {
  CorrectRequest,
  EnterRequest,
  EraseOperatorRequest,
  EraseRequest,
  ExitRequest,
  LanePlace,
  MakeVoidRequest,
  PayRequest,
  PermitRequest,
  PriceRequest,
  QuoteRequest,
  RefundRequest,
  ReserveRequest,
  SetPriceRequest,
  TicketRequest,
  ValidateRequest,
} from './requests.js';

/** What a garage is, as its config says or its preset fills in. */
export interface GarageFacts {
  readonly name: string;
  readonly zone: string;
  readonly currency: string;
  /** How many. */
  readonly spots: number;
  readonly levels: readonly string[];
  readonly entrances: readonly string[];
  /** The first is the default. */
  readonly tariffs: readonly {
    readonly name: string;
    readonly validations: readonly string[];
    readonly permits: readonly string[];
  }[];
}

/** Fields of requests that are moments. */
const moments = ['until', 'at', 'entry', 'exit'];

/**
 * A garage: vehicles, spots, tickets and money.
 *
 *     const garage = lot.garage('mall');
 *     const { ticket, spots } = await garage.enter({ plate: 'B-AB 1' });
 *     const { due } = await garage.price({ ticket });
 *     await garage.pay({ ticket, amount: due });
 *     await garage.exit({ ticket });
 *
 * What cannot be done rejects with a ParkingLotError: its `code` tells why, `field` which argument is to blame, `due` what
 * is still to be paid. Money is in minor units. A version goes up with each change; with `ifVersion` a command is refused
 * (`version_conflict`) if somebody else came first.
 */
export class Garage {
  /** Made by `lot.garage`. */
  constructor(
    readonly facts: GarageFacts,
    private readonly gate: Gate,
  ) {}

  get name(): string {
    return this.facts.name;
  }

  // --- gates

  /**
   * Lets a vehicle in: `garage_full` if nothing fits is free, `already_parked` if the plate has an open ticket,
   * `no_compatible_spot` if the garage could never take it. With `wait` it stays in the lane that long; then the promise
   * resolves when it gets in, and rejects with `wait_expired` when it does not.
   */
  async enter(request: EnterRequest): Promise<Admission> {
    const { onWaiting, signal, wait, ...fields } = checkedRequest(request);
    signal?.throwIfAborted();
    const until = wait === undefined ? undefined : this.gate.clock.wall() + durationMs('wait', wait);
    let stopListening: (() => void) | undefined;
    const admitted = this.ask('enter', { ...fields, wait: until && Math.floor(until) }, (waiting) => {
      const place = shown<LanePlace>(waiting);
      const leave = () => void this.leaveLane(place.place).catch(() => undefined);
      if (signal?.aborted) leave();
      else if (signal) stopListening = onAbort(signal, leave);
      onWaiting?.(place);
    });
    try {
      return shown<Admission>(await admitted, { surgePercent: 100 });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      stopListening?.();
    }
  }

  /** Gives a place in the lane up; its `enter` rejects with `wait_expired`. */
  async leaveLane(place: number): Promise<Change> {
    return shown(await this.ask('leave_lane', { place }));
  }

  /** Lets a vehicle out. `payment_required`, with `due`, unless all is paid or is `paidHere`. */
  async exit(request: ExitRequest): Promise<Departure> {
    return shown(await this.ask('exit', request));
  }

  /** Takes a payment; `overpaid`, with `due`, for more than what is due. When nothing is due any more, the grace at the exit begins. */
  async pay(request: PayRequest): Promise<Payment> {
    return shown(await this.ask('pay', request));
  }

  /** Applies a validation of the tariff; each counts once. */
  async validate(request: ValidateRequest): Promise<Change> {
    return shown(await this.ask('validate', request));
  }

  /** Holds a spot for a plate. */
  async reserve(request: ReserveRequest): Promise<Reservation> {
    return shown(await this.ask('reserve', request));
  }

  async cancelReservation(reservation: number): Promise<Change> {
    return shown(await this.ask('cancel_reservation', { reservation }));
  }

  // --- operators

  /** The ticket of a plate is lost: it costs at least what the tariff says. */
  async reportLost(plate: string): Promise<Change> {
    return shown(await this.ask('report_lost', { plate }));
  }

  /** Puts plate, entry or spot of an open ticket right. */
  async correct(request: CorrectRequest): Promise<Change> {
    return shown(await this.ask('correct', request));
  }

  /** Fixes the price of an open ticket. */
  async setPrice(request: SetPriceRequest): Promise<Change> {
    return shown(await this.ask('set_price', request));
  }

  /** Makes an open ticket void: it costs nothing, and its spots are free. */
  async makeVoid(request: MakeVoidRequest): Promise<Change> {
    return shown(await this.ask('make_void', request));
  }

  /** Gives money back, at most what was paid and not refunded yet. */
  async refund(request: RefundRequest): Promise<Change> {
    return shown(await this.ask('refund', request));
  }

  async grantPermit(request: PermitRequest): Promise<Change> {
    return shown(await this.ask('grant_permit', request));
  }

  async revokePermit(plate: string): Promise<Change> {
    return shown(await this.ask('revoke_permit', { plate }));
  }

  /**
   * Forgets the plate of a vehicle that has left: its tickets show `erased:v` and a number, a vehicle that comes with the
   * plate is a new one. When it resolves, no file of a stored garage tells the plate either, and the chain of its records is
   * whole. `in_use`, with what to end in `field`, while the vehicle has an open ticket, a place in the lane, a reservation
   * or a permit, here or in another garage of the store.
   */
  async erase(request: EraseRequest): Promise<Change> {
    return shown(await this.ask('erase', request));
  }

  /**
   * Forgets the name of an operator, which stands in events alone: what they did and why stays. `in_use` while a vehicle
   * whose plate is the same text has something that stands, as keys do not tell plates from operators. Otherwise as `erase`.
   */
  async eraseOperator(request: EraseOperatorRequest): Promise<Change> {
    return shown(await this.ask('erase', request));
  }

  /** Which free spot comes first from now on. */
  async setAllocation(allocation: Allocation): Promise<Change> {
    return shown(await this.ask('set_allocation', { allocation }));
  }

  /** Compares the spots that were seen occupied with the tickets; changes nothing. */
  async reconcile(seen: readonly string[]): Promise<readonly Disagreement[]> {
    const { disagreements } = await this.ask('reconcile', { seen });
    return (disagreements as unknown[]).map((raw) => shown<Disagreement>(raw));
  }

  // --- looks

  /** An open ticket, or one that is remembered. */
  async ticket(request: TicketRequest): Promise<TicketView> {
    return this.ticketOf(await this.ask('ticket', request));
  }

  /** What a ticket costs now or at another time, line by line. */
  async price(request: PriceRequest): Promise<Price> {
    return shown(await this.ask('price', request));
  }

  /** What a stay would cost, line by line. Nothing happens. */
  async quote(request: QuoteRequest): Promise<Price> {
    return shown(await this.ask('quote', request));
  }

  /** Open tickets, oldest first. */
  async tickets(): Promise<readonly TicketView[]> {
    return (JSON.parse(await this.gate.look({ at: 'tickets' })) as RawAnswer[]).map((raw) =>
      this.ticketOf(raw),
    );
  }

  /** Who waits at the gates, longest first. */
  async lane(): Promise<readonly PlaceView[]> {
    return this.listed<PlaceView>('lane', { wanted: [] });
  }

  /** Reservations that stand, oldest first. */
  async reservations(): Promise<readonly ReservationView[]> {
    return this.listed<ReservationView>('reservations', { wanted: [] });
  }

  /** Plates with a permit. */
  async permits(): Promise<readonly PermitView[]> {
    return this.listed<PermitView>('permits');
  }

  /** All spots in the order of the config, or those in one state. */
  async spots(state?: SpotState): Promise<readonly SpotView[]> {
    const all = await this.listed<SpotView>('spots', { features: [] });
    return state === undefined ? all : all.filter((spot) => spot.state === state);
  }

  async occupancy(): Promise<Occupancy> {
    return shown(JSON.parse(await this.gate.look({ at: 'figures' })));
  }

  /** Figures of each local day, oldest first. */
  async report(): Promise<readonly DayReport[]> {
    return this.listed<DayReport>('days');
  }

  /** The same as a table. */
  async reportCsv(): Promise<string> {
    return this.gate.look({ at: 'csv' });
  }

  /** Calls `listener` with everything that changes a picture of the garage. The answer stops that. */
  onChange(listener: (change: GarageChange) => void): () => void {
    return this.gate.listen(listener);
  }

  // --- the past, of garages that are stored

  /** The garage as it was at a past moment, as long as its records are kept: 400 days. */
  async at(moment: MomentLike): Promise<GarageMoment> {
    const time = momentMs('moment', moment, this.gate.clock.wall(), 'invalid_argument');
    const raw = answerOf<{ figures: unknown; tickets: RawAnswer[] }>(
      await this.gate.look({ at: 'past', time }),
    );
    return { occupancy: shown(raw.figures), tickets: raw.tickets.map((each) => this.ticketOf(each)) };
  }

  /** What happened, oldest first, by subject and time. `cloudEvent` makes a CloudEvent of each. */
  async audit(query: GarageAuditQuery = {}): Promise<readonly GarageEvent[]> {
    const { from, until } = boundsOf(checkedRequest(query), this.gate.clock.wall());
    const raw = answerOf<{ events: never[] }>(await this.gate.look({ at: 'events', until }));
    return chosen(raw.events, query, from);
  }

  // --- made-up days

  /** The vehicles of a day, by time: the same for the same seed, here and in `parking-lot garage simulate`. */
  async planDay(
    day: 'quiet' | 'usual' | 'busy' = 'usual',
    seed = 1,
  ): Promise<{ begin: Date; arrivals: readonly Arrival[] }> {
    const raw = (await this.madeUp(day, seed, 'arrivals')) as {
      begin: number;
      arrivals: { at: number; stay: number }[];
    };
    return {
      begin: new Date(raw.begin),
      arrivals: raw.arrivals.map(({ at, stay, ...arrival }) => ({
        ...shown<Omit<Arrival, 'at' | 'stayMs'>>(arrival),
        at: new Date(at),
        stayMs: stay,
      })),
    };
  }

  /** What such a day would come to in an empty garage like this one. Nothing happens here. */
  async simulateDay(day: 'quiet' | 'usual' | 'busy' = 'usual', seed = 1): Promise<SimulatedDay> {
    return shown(await this.madeUp(day, seed, 'report'));
  }

  private async madeUp(day: string, seed: number, what: 'arrivals' | 'report'): Promise<unknown> {
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw invalid('invalid_argument', 'seed', 'must be a whole number from 0', seed);
    const text = await this.gate.look({ at: 'made-up day', day: String(day), seed: BigInt(seed), what });
    const made: unknown = JSON.parse(text);
    if (made === null) throw invalid('invalid_argument', 'day', 'must be quiet, usual or busy', day);
    return made;
  }

  private async listed<View extends object>(at: Shown, absent: Partial<View> = {}): Promise<View[]> {
    return (JSON.parse(await this.gate.look({ at })) as unknown[]).map((raw) => shown<View>(raw, absent));
  }

  private ticketOf(raw: RawAnswer): TicketView {
    return shown<TicketView>(raw, { isLost: false, surgePercent: 100 });
  }

  private ask(what: string, fields: object, waiting?: (answer: RawAnswer) => void): Promise<RawAnswer> {
    const command: Record<string, unknown> = { do: what };
    const now = this.gate.clock.wall();
    for (const [name, value] of Object.entries(checkedRequest(fields))) {
      if (value === undefined) continue;
      command[snakeCase(name)] = moments.includes(name)
        ? momentMs(name, value as MomentLike, now, 'invalid_argument')
        : value;
    }
    return this.gate.ask(JSON.stringify(command), waiting);
  }
}

function checkedRequest<T extends object>(request: T): T {
  if (typeof request === 'object' && request !== null) return request;
  throw invalid('invalid_argument', 'request', 'must be an object', request);
}
