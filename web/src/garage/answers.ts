import type {
  Allocation,
  LineKind,
  SpotFeature,
  SpotKind,
  SpotState,
  TicketState,
  VehicleSize,
  VehicleType,
} from './codes.js';

/** The barrier opens. */
export interface Admission {
  /** The ticket's id. */
  readonly ticket: string;
  /** The ticket's number within the garage. */
  readonly number: number;
  readonly spots: readonly string[];
  /** Fixed at entry; 100 when nothing is dearer. */
  readonly surgePercent: number;
  readonly version: number;
}

export interface Departure {
  readonly ticket: string;
  readonly number: number;
  readonly price: number;
  /** What was still due and was paid at the exit. */
  readonly paidHere: number;
  readonly exit: Date;
}

export interface Payment {
  /** Still. */
  readonly due: number;
  /** Until then nothing more is due; absent while something is. */
  readonly leaveBy?: Date;
  readonly version: number;
}

export interface Reservation {
  readonly reservation: number;
  readonly spots: readonly string[];
  readonly until: Date;
  readonly version: number;
}

/** Something was done; what it changed has this version now. */
export interface Change {
  readonly version: number;
}

/** A part of a price. The lines of a price add up to its amount. */
export interface PriceLine {
  readonly kind: LineKind;
  readonly amount: number;
  readonly from?: Date;
  readonly to?: Date;
  /** Of weekend, surge, vehicle and permit lines. */
  readonly percent?: number;
}

/** Amounts in minor units of the currency. */
export interface Price {
  readonly currency: string;
  readonly amount: number;
  /** The amount less what was paid. */
  readonly due: number;
  readonly lines: readonly PriceLine[];
}

export interface TicketView {
  readonly ticket: string;
  readonly number: number;
  readonly state: TicketState;
  readonly plate?: string;
  /** Number of the vehicle, which outlives a change of the plate. */
  readonly vehicle: number;
  readonly type: VehicleType;
  readonly size: VehicleSize;
  readonly spots: readonly string[];
  readonly gate?: string;
  readonly tariff: string;
  readonly entry: Date;
  readonly exit?: Date;
  readonly isLost: boolean;
  readonly surgePercent: number;
  /** Of a ticket that is not open, or as an operator fixed it. */
  readonly price: number;
  readonly paid: number;
  readonly refunded: number;
  readonly leaveBy?: Date;
  readonly version: number;
}

/** What a vehicle brought along that waits or has a reservation. */
interface ArrivalView {
  readonly plate: string;
  readonly vehicle: number;
  readonly type: VehicleType;
  readonly size: VehicleSize;
  /** Of a large vehicle that takes several spots beside each other. */
  readonly spotsRequired?: number;
  readonly wanted: readonly SpotFeature[];
  readonly until: Date;
  readonly version: number;
}

/** A vehicle in the lane; it waits until `until` at the latest. */
export interface PlaceView extends ArrivalView {
  readonly place: number;
  readonly gate?: string;
  readonly tariff: string;
  /** Vehicles that leave the lane before it, of those with the same needs. */
  readonly ahead: number;
}

export interface ReservationView extends ArrivalView {
  readonly reservation: number;
  readonly spots: readonly string[];
}

export interface PermitView {
  readonly plate: string;
  readonly permit: string;
  /** Absent: without an end. */
  readonly until?: Date;
}

export interface SpotView {
  /** Level, row and position: `P1/A/17`. */
  readonly spot: string;
  readonly kind: SpotKind;
  readonly state: SpotState;
  readonly features: readonly SpotFeature[];
  /** Number of the ticket that stands on it. */
  readonly ticket?: number;
  /** Number of the reservation that holds it. */
  readonly reservation?: number;
  readonly version: number;
}

export interface Occupancy {
  readonly garage: string;
  readonly spots: number;
  readonly free: number;
  readonly reserved: number;
  readonly occupied: number;
  readonly ticketsOpen: number;
  /** In the lane. */
  readonly waiting: number;
  readonly allocation: Allocation;
  readonly currency: string;
  /** Of the days that are kept. */
  readonly paid: number;
  readonly refunded: number;
  readonly storage: 'loading' | 'open' | 'failed';
}

/** One local day. */
export interface DayReport {
  /** `2026-03-29`. */
  readonly date: string;
  readonly entries: number;
  readonly exits: number;
  readonly turnedAway: number;
  readonly payments: number;
  readonly paid: number;
  readonly refunded: number;
  readonly spotsOccupiedMax: number;
  /** Occupied spots times milliseconds. */
  readonly spotMs: number;
}

export interface Disagreement {
  readonly what: 'occupied_without_ticket' | 'ticket_without_vehicle' | 'ticket_without_spot';
  readonly spot?: string;
  /** Of the ticket. */
  readonly number?: number;
}

/** Something that a picture of the garage shows has changed. */
export interface GarageChange {
  readonly what: 'spots' | 'lane' | 'allocation' | 'storage';
  /** With `spots`: which, and what they are now. */
  readonly spots?: readonly string[];
  readonly state?: SpotState;
}

/** A vehicle of a made-up day: what `enter` takes, when it comes and how long it stays. */
export interface Arrival {
  readonly at: Date;
  readonly stayMs: number;
  readonly plate: string;
  readonly type: VehicleType;
  readonly size: VehicleSize;
  readonly spotsRequired?: number;
  readonly wanted?: readonly SpotFeature[];
  readonly gate?: string;
}

/** What a made-up day came to. */
export interface SimulatedDay {
  readonly garage: string;
  readonly spots: number;
  readonly arrivals: number;
  readonly entered: number;
  readonly left: number;
  readonly turnedAway: number;
  readonly waits: { readonly count: number; readonly meanMs: number; readonly maxMs: number };
  readonly revenue: { readonly currency: string; readonly paid: number; readonly stillDue: number };
  readonly occupancy: { readonly max: number; readonly byHour: readonly number[] };
}

const times = new Set(['entry', 'exit', 'until', 'leave_by', 'from', 'to']);

/** What the core writes, with names and times as JavaScript has them. `absent`: what the core leaves out. */
export function shown<T>(raw: unknown, absent: Partial<T> = {}): T {
  return { ...absent, ...(renamed(raw) as T) };
}

function renamed(raw: unknown): unknown {
  if (Array.isArray(raw)) return raw.map(renamed);
  if (typeof raw !== 'object' || raw === null) return raw;
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (name === 'answer') continue;
    out[camelCase(name)] = times.has(name) && typeof value === 'string' ? new Date(value) : renamed(value);
  }
  return out;
}

export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
