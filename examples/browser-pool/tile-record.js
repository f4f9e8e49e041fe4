// Tasks are named after the tile that they render, so that a page which finds one in the pool knows all about it.

import { vehicleName } from './lot/vehicle.js';
import { planView } from './picture/plan.js';
import { VIEWS } from './picture/views.js';

const plans = VIEWS.map((view) => planView(view));

/** Every view has as many. */
export const TILES = plans[0].length;

/** `view` and `index` count from 0. */
export function tileId(view, index) {
  return `view${view + 1}-tile${index + 1}`;
}

/** The record of a task that has just been submitted. */
export function recordOf(id) {
  const [view, index] = id.match(/\d+/g).map((number) => number - 1);
  const tile = plans[view % plans.length][index];
  return {
    id,
    number: view * TILES + index + 1,
    view,
    tile,
    units: tile.units,
    priority: tile.priority,
    vehicle: vehicleName(tile.units),
    state: 'parked',
    progress: 0,
    submittedAt: Date.now(),
  };
}
