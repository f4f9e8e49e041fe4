import { ParkingLotError } from './errors.js';
import type { Host } from './host.js';
import type { PoolStats } from './pool-stats.js';
import { type RawView, type TaskView, type Units, viewOf } from './views.js';

/** Figures that a pool had at a past moment; what is counted since an opening is not among them. */
export type PastStats = Pick<
  PoolStats,
  | 'unitsMax'
  | 'unitsInUse'
  | 'unitsQuarantined'
  | 'parked'
  | 'waiting'
  | 'backingOff'
  | 'running'
  | 'undelivered'
  | 'state'
>;

/** A pool as it was at a past moment. */
export interface PoolMoment {
  readonly stats: PastStats;
  /** All that it knew then, in the order of their admission; what has ended has no result here. */
  readonly tasks: readonly TaskView[];
}

interface RawStats extends Pick<PoolStats, 'parked' | 'waiting' | 'running' | 'undelivered' | 'state'> {
  readonly units_max: Units;
  readonly units_in_use: Units;
  readonly units_quarantined: Units;
  readonly backing_off: number;
}

/** What the core answers to a question about the past of a durable pool. */
export function poolMomentIn(json: string, host: Host): PoolMoment {
  const answer = JSON.parse(json) as
    | { stats: RawStats; tasks: RawView[] }
    | { where: string; failure: string };
  if ('failure' in answer) {
    const message = `The past cannot be told: ${answer.where}: ${answer.failure}`;
    throw new ParkingLotError('storage_unavailable', message);
  }
  return { stats: statsIn(answer.stats), tasks: answer.tasks.map((view) => viewOf(view, host)) };
}

function statsIn(raw: RawStats): PastStats {
  const { parked, waiting, running, undelivered, state } = raw;
  return {
    unitsMax: raw.units_max,
    unitsInUse: raw.units_in_use,
    unitsQuarantined: raw.units_quarantined,
    parked,
    waiting,
    backingOff: raw.backing_off,
    running,
    undelivered,
    state,
  };
}
