/** The closed vocabularies of garages. A test compares them with the core's own lists. */

export const vehicleTypes = ['car', 'truck', 'van', 'motorcycle', 'bus'] as const;
export const vehicleSizes = ['small', 'medium', 'large'] as const;
/** Compact fits small vehicles, regular small and medium ones, oversized any. */
export const spotKinds = ['compact', 'regular', 'oversized'] as const;
export const spotStates = ['free', 'reserved', 'occupied'] as const;
export const features = ['ev_charger', 'accessible', 'covered'] as const;
export const ticketStates = ['open', 'closed', 'voided', 'lost'] as const;
export const allocations = ['first_available', 'nearest', 'fill_in', 'back_to_front'] as const;
export const lineKinds = [
  'grace',
  'flat',
  'event',
  'time',
  'night',
  'weekend',
  'surge',
  'cap',
  'vehicle',
  'ev_overstay',
  'lost_ticket',
  'validation',
  'permit',
  'rounding',
  'fixed',
] as const;
export const garageRefusals = [
  'garage_full',
  'no_compatible_spot',
  'already_parked',
  'unknown_ticket',
  'already_left',
  'unknown_spot',
  'spot_taken',
  'spot_unfit',
  'unknown_reservation',
  'reservation_expired',
  'exit_before_entry',
  'payment_required',
  'version_conflict',
  'unknown_name',
  'invalid_request',
  'wrong_state',
  'wait_expired',
  'zone_unknown',
  'busy',
  'storage_unavailable',
  'unconfirmed',
  'lane_full',
  'unknown_garage',
  'overpaid',
  'in_use',
] as const;

/** What a garage's events tell; some of their names are those of pools. */
export const garageActions = [
  'enter',
  'allocate',
  'exit',
  'price',
  'pay',
  'refund',
  'release',
  'reserve',
  'correct',
  'override',
  'wait',
  'configure',
  'reject',
  'open',
  'erase',
] as const;

export const garageSubjectKinds = [
  'vehicle',
  'spot',
  'ticket',
  'tariff',
  'garage',
  'operator',
  'reservation',
] as const;

export type GarageAction = (typeof garageActions)[number];
export type GarageSubjectKind = (typeof garageSubjectKinds)[number];
export type VehicleType = (typeof vehicleTypes)[number];
export type VehicleSize = (typeof vehicleSizes)[number];
export type SpotKind = (typeof spotKinds)[number];
export type SpotState = (typeof spotStates)[number];
export type SpotFeature = (typeof features)[number];
export type TicketState = (typeof ticketStates)[number];
export type Allocation = (typeof allocations)[number];
export type LineKind = (typeof lineKinds)[number];
/** Why a garage refuses. What is malformed is refused as `invalid_argument` in this package, as everywhere in it. */
export type GarageRefusal = Exclude<(typeof garageRefusals)[number], 'invalid_request'>;
