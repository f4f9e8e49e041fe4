import type { DurationLike, MomentLike } from '../config.js';
import type { SpotFeature, SpotKind, VehicleSize, VehicleType } from './codes.js';

/** Of what was read before: if it has changed since, the answer is `version_conflict`. */
interface IfVersion {
  ifVersion?: number;
}

/** What stands at a gate. */
export interface VehicleRequest {
  /** 1 to 32 bytes; compared as it is. */
  plate: string;
  /** `car` unless given. */
  type?: VehicleType;
  /** `medium` unless given. */
  size?: VehicleSize;
  /** How many spots beside each other a large vehicle takes when no oversized one is free. */
  spotsRequired?: number;
  /** What the spot must offer. */
  wanted?: readonly SpotFeature[];
  /** Name of an entrance; the first one unless given. */
  gate?: string;
  /** This spot and no other, like `P1/A/17`. */
  spot?: string;
}

export interface EnterRequest extends VehicleRequest, IfVersion {
  /** Name of a tariff; the default one unless given. */
  tariff?: string;
  /** Number of a reservation; the plate's own unless given. */
  reservation?: number;
  /** When the garage is full: how long the vehicle stays in the lane. Unless given it does not wait. */
  wait?: DurationLike;
  /** Called when it has to wait. */
  onWaiting?: (waiting: LanePlace) => void;
  /** Gives the place in the lane up. */
  signal?: AbortSignal;
}

export interface LanePlace {
  /** For `leaveLane`. */
  readonly place: number;
  /** Vehicles that leave the lane before it, of those with the same needs. */
  readonly ahead: number;
}

export interface ReserveRequest extends VehicleRequest, IfVersion {
  /** As long as the config says unless given. */
  until?: MomentLike;
}

/** A ticket by its id, or the open ticket of a plate. */
export type TicketRequest = ({ ticket: string; plate?: never } | { plate: string; ticket?: never }) &
  IfVersion;

export type ExitRequest = TicketRequest & {
  /** What is due is paid at the exit. */
  paidHere?: boolean;
  /** When it left, if that was earlier. */
  at?: MomentLike;
};

/** Minor units of the currency. */
export type PayRequest = TicketRequest & { amount: number };
export type ValidateRequest = TicketRequest & { validation: string };

/** Who acts, and why. Both are recorded. */
interface ByOperator {
  by: string;
  reason: string;
}

/** What an operator puts right; what is left out stays. */
export type CorrectRequest = TicketRequest &
  ByOperator & { newPlate?: string; entry?: MomentLike; spot?: string };
export type SetPriceRequest = TicketRequest & ByOperator & { amount: number };
export type MakeVoidRequest = TicketRequest & ByOperator;
export interface RefundRequest extends ByOperator, IfVersion {
  ticket: string;
  amount: number;
}

/** Neither `by` nor `reason` may have the plate in it. */
export interface EraseRequest extends ByOperator {
  plate: string;
}

/** `by` is somebody else, and `reason` does not have the name in it. */
export interface EraseOperatorRequest extends ByOperator {
  operator: string;
}

export interface PermitRequest {
  plate: string;
  /** As the tariffs name it. */
  permit: string;
  until?: MomentLike;
}

export type PriceRequest = TicketRequest & {
  /** If the vehicle leaves then; now unless given. */
  at?: MomentLike;
};

/** A stay that nobody has begun. */
export interface QuoteRequest {
  entry: MomentLike;
  exit: MomentLike;
  tariff?: string;
  type?: VehicleType;
  /** Of the spot. */
  kind?: SpotKind;
  features?: readonly SpotFeature[];
  spots?: number;
  /** As `enter` told it; unless given, that of the hour of the entry. What occupancy adds is known when a vehicle enters. */
  surgePercent?: number;
  validations?: readonly string[];
  permit?: string;
}
