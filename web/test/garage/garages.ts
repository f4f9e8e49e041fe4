import type { TestContext } from 'node:test';
import { type Garage, type GarageConfig, ParkingLot, ParkingLotError } from 'prometheus-parking-lot';
import { type ManualClock, manualClock } from 'prometheus-parking-lot/testing';

/** Three spots, a fee for each half hour. */
export const small: GarageConfig = {
  levels: { P1: { A: { spots: [{ count: 1, kind: 'compact' }, { count: 2 }] } } },
  entrances: { south: { P1: 0 } },
  tariffs: {
    standard: {
      increment: { length: '30m', fee: 150 },
      grace_exit: '10m',
      daily_cap: { amount: 1200 },
      lost_ticket: 2500,
      validations: [{ name: 'shop', amount: 200 }],
      permits: { staff: 100 },
    },
  },
};

/** A garage on a clock that stands still, closed when the test ends. */
export async function openGarage(
  context: TestContext,
  config: GarageConfig = small,
): Promise<{ garage: Garage; clock: ManualClock }> {
  const clock = manualClock();
  const lot = await ParkingLot.open(
    { pools: { gates: { max_units: 1 } }, garages: { g: config } },
    { clock, entropy: [1n, 2n] },
  );
  context.after(() => lot.close());
  return { garage: lot.garage('g'), clock };
}

/** The error that the promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<ParkingLotError> {
  const outcome = await promise.then(
    (value) => `it resolved with ${JSON.stringify(value)}`,
    (error: unknown) => error,
  );
  if (outcome instanceof ParkingLotError) return outcome;
  throw new Error(`no ParkingLotError: ${String(outcome)}`);
}
