import { type PoolState, poolStates, type StreamState, streamStates } from './codes.js';
import type { Units } from './views.js';

/** Figures of a pool, right now. Counters count since `open`. */
export interface PoolStats {
  /** Like the other units a number, or of a pool that counts several resources one of each. */
  readonly unitsMax: Units;
  /** Includes runs that must still confirm their end. */
  readonly unitsInUse: Units;
  readonly unitsQuarantined: Units;
  readonly parked: number;
  /** For `startAfter`. */
  readonly waiting: number;
  /** Before a retry. */
  readonly backingOff: number;
  readonly running: number;
  /** Outcomes that the mailbox store does not hold yet. */
  readonly undelivered: number;
  readonly admitted: number;
  readonly completed: number;
  readonly failed: number;
  readonly expired: number;
  readonly dropped: number;
  readonly rejected: number;
  readonly state: PoolState;
  readonly storage: StreamState;
  readonly deliveryHeld: boolean;
  /**
   * With `fairness: 'tenant'`, in milliseconds of the whole pool for a weight of 1: by how much service two tenants differ
   * at most that both wait in one class, and by how much they may; Infinity where nothing bounds it. Else 0.
   */
  readonly fairnessLag: number;
  readonly fairnessLagBound: number;
  /** Of a pool that counts several: the same units by name. */
  readonly resources?: Readonly<Record<string, ResourceStats>>;
}

export interface ResourceStats {
  readonly unitsMax: number;
  readonly unitsInUse: number;
  readonly unitsQuarantined: number;
}

export function statsOf(figures: Float64Array, names: readonly string[]): PoolStats {
  const [unitsMax, unitsInUse, unitsQuarantined, parked, waiting, backingOff, running, undelivered] = figures;
  const [admitted, completed, failed, expired, dropped, rejected, state, storage, deliveryHeld] =
    figures.subarray(8);
  const [fairnessLag, fairnessLagBound] = figures.subarray(17);
  const byName = names.length > 0 && resourcesIn(figures.subarray(19), names);
  const units = (what: keyof ResourceStats, plain: number): Units =>
    byName ? Object.fromEntries(names.map((name) => [name, byName[name]![what]])) : plain;
  return {
    unitsMax: units('unitsMax', unitsMax!),
    unitsInUse: units('unitsInUse', unitsInUse!),
    unitsQuarantined: units('unitsQuarantined', unitsQuarantined!),
    parked: parked!,
    waiting: waiting!,
    backingOff: backingOff!,
    running: running!,
    undelivered: undelivered!,
    admitted: admitted!,
    completed: completed!,
    failed: failed!,
    expired: expired!,
    dropped: dropped!,
    rejected: rejected!,
    state: poolStates[state!]!,
    storage: streamStates[storage!]!,
    deliveryHeld: deliveryHeld === 1,
    fairnessLag: fairnessLag!,
    fairnessLagBound: fairnessLagBound!,
    ...(byName && { resources: byName }),
  };
}

function resourcesIn(figures: Float64Array, names: readonly string[]): NonNullable<PoolStats['resources']> {
  return Object.fromEntries(
    names.map((name, i) => {
      const [unitsMax, unitsInUse, unitsQuarantined] = figures.subarray(3 * i);
      return [name, { unitsMax: unitsMax!, unitsInUse: unitsInUse!, unitsQuarantined: unitsQuarantined! }];
    }),
  );
}
