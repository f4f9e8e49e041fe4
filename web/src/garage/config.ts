import type { DurationLike, StorageConfig } from '../config.js';
import type { Allocation, SpotFeature, SpotKind, VehicleType } from './codes.js';

/** Spots beside each other: how many, and of what kind. */
export interface SpotRunConfig {
  count: number;
  kind?: SpotKind;
  features?: readonly SpotFeature[];
}

/** A row: so many regular spots, or what stands in it from the first to the last. */
export type RowConfig = number | { zone?: string; spots: readonly SpotRunConfig[] };

/** Minor units of the currency. */
type Money = number;
/** `22:00`, in local time. */
type TimeOfDay = string;

/** What parking costs. All amounts are in minor units: cents. */
export interface TariffConfig {
  rounding?: 'up' | 'down' | 'nearest';
  rounding_unit?: Money;
  /** Shorter stays cost nothing. */
  grace_entry?: DurationLike;
  /** Time to leave after paying. */
  grace_exit?: DurationLike;
  flat?: Money;
  /** Fees by the length of the stay; each contains those before it. */
  tiers?: readonly { upto: DurationLike; fee: Money }[];
  /** Each started `length` beyond the tiers costs `fee`. */
  increment?: { length: DurationLike; fee: Money };
  tiers_each_day?: boolean;
  daily_cap?: { amount: Money; period?: 'calendar_day' | 'rolling_24h' };
  overnight?: { from: TimeOfDay; to: TimeOfDay; fee: Money };
  weekend?: { days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]; percent: number };
  ev_overstay?: { after: DurationLike; length: DurationLike; fee: Money };
  /** The least that a lost ticket costs. */
  lost_ticket?: Money;
  events?: readonly { name: string; from: string; to: string; fee: Money }[];
  validations?: readonly { name: string; minutes?: number; amount?: Money; percent?: number }[];
  /** Percent off, by the permit's name. */
  permits?: Record<string, number>;
  vehicle_percent?: { [type in VehicleType]?: number };
  spot_percent?: { [kind in SpotKind]?: number };
  surge?: {
    hours?: readonly { from: TimeOfDay; to: TimeOfDay; percent: number }[];
    occupancy?: readonly { above_percent: number; percent: number }[];
  };
}

/** A garage. `docs/configuration.md` tells what each key means; `preset` gives what is left out. */
export interface GarageConfig {
  preset?: 'airport' | 'mall' | 'street';
  /** IANA name, like `Europe/Berlin`; UTC unless given. */
  zone?: string;
  /** ISO 4217; EUR unless given. */
  currency?: string;
  /** Levels by name, rows by name; `A-F` and `P1-P3` stand for several. */
  levels?: Record<string, Record<string, RowConfig>>;
  /** By name, with distances to levels (`P1`) and rows (`P1/A`). */
  entrances?: Record<string, Record<string, number>>;
  allocation?: Allocation;
  allocation_switches?: readonly { from_percent: number; allocation: Allocation }[];
  switch_back_percent?: number;
  /** By name; the first is the default. */
  tariffs?: Record<string, TariffConfig>;
  lane_max?: number;
  reservation_secs?: number;
  ticket_retention_secs?: number;
  ticket_retention_count?: number;
  report_days?: number;
  /** Where it is kept; in memory unless given. A garage that is stored has its store for itself. */
  storage?: StorageConfig;
}
