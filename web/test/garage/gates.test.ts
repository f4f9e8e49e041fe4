import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Admission, GarageChange, LanePlace } from 'prometheus-parking-lot';
import { stateOf } from '../lot.js';
import { errorOf, openGarage } from './garages.js';

test('a vehicle enters, pays what is due and leaves', async (context) => {
  const { garage, clock } = await openGarage(context);
  const { ticket, spots, surgePercent } = await garage.enter({ plate: 'B-1' });
  assert.deepEqual([spots, surgePercent], [['P1/A/2'], 100]);
  await clock.advance(100 * 60_000);
  const price = await garage.price({ ticket });
  assert.equal(price.due, 600);
  assert.deepEqual(
    price.lines.map(({ kind, amount, from, to }) => [kind, amount, from?.toISOString(), to?.toISOString()]),
    [['time', 600, '2026-01-01T00:00:00.000Z', '2026-01-01T01:40:00.000Z']],
  );
  const refused = await errorOf(garage.exit({ ticket }));
  assert.deepEqual([refused.code, refused.due], ['payment_required', 600]);
  const tooMuch = await errorOf(garage.pay({ plate: 'B-1', amount: 750 }));
  assert.deepEqual([tooMuch.code, tooMuch.field, tooMuch.due], ['overpaid', 'amount', 600]);
  const paid = await garage.pay({ plate: 'B-1', amount: 600 });
  assert.deepEqual([paid.due, paid.leaveBy], [0, new Date('2026-01-01T01:50:00Z')]);
  const left = await garage.exit({ ticket });
  assert.deepEqual([left.ticket, left.price, left.paidHere], [ticket, 600, 0]);
  assert.deepEqual(left.exit, new Date('2026-01-01T01:40:00Z'));
  const { free, occupied, ticketsOpen, paid: revenue } = await garage.occupancy();
  assert.deepEqual(
    { free, occupied, ticketsOpen, revenue },
    { free: 3, occupied: 0, ticketsOpen: 0, revenue: 600 },
  );
});

test('refusals carry a code, the field that is to blame in the spelling of JavaScript, and what to do', async (context) => {
  const { garage } = await openGarage(context);
  await garage.enter({ plate: 'B-1' });
  const cases: [Promise<unknown>, string, string | undefined, RegExp][] = [
    [garage.enter({ plate: 'B-1' }), 'already_parked', 'plate', /open ticket/],
    [garage.enter({ plate: '' }), 'invalid_argument', 'plate', /^plate: /],
    [garage.enter({ plate: 'B-2', size: 'huge' as 'large' }), 'invalid_argument', 'size', /^size: /],
    [
      garage.enter({ plate: 'B-2', spotsRequired: -1 }),
      'invalid_argument',
      'spotsRequired',
      /^spotsRequired: /,
    ],
    [garage.enter({ plate: 'B-2', colour: 'red' } as never), 'invalid_argument', 'colour', /unknown key/],
    [garage.enter({ plate: 'B-2', spot: 'P9/A/1' }), 'invalid_argument', 'spot', /level, row and position/],
    [garage.enter({ plate: 'B-2', wait: 'soon' }), 'invalid_task', 'wait', /^wait: /],
    [garage.enter(undefined as never), 'invalid_argument', 'request', /^request: must be an object/],
    [garage.enter({ plate: 'L-1', size: 'large' }), 'no_compatible_spot', undefined, /could ever take/],
    [garage.exit({ plate: 'B-7' }), 'unknown_ticket', 'plate', /report it lost/],
    [garage.quote({ entry: 'yesterday', exit: '2h' }), 'invalid_argument', 'entry', /^entry: must be a time/],
    [garage.quote({ entry: '2h', exit: '1h' }), 'exit_before_entry', 'exit', /correct one/],
    [garage.planDay('dull' as 'busy'), 'invalid_argument', 'day', /quiet, usual or busy/],
    [garage.simulateDay('busy', 0.5), 'invalid_argument', 'seed', /whole number/],
  ];
  for (const [promise, code, field, message] of cases) {
    const error = await errorOf(promise);
    assert.deepEqual([error.code, error.field], [code, field], error.message);
    assert.match(error.message, message);
  }
});

test('who waits in the lane gets in when somebody leaves', async (context) => {
  const { garage, clock } = await openGarage(context);
  await garage.enter({ plate: 'B-1' });
  await garage.enter({ plate: 'B-2' });
  const places: LanePlace[] = [];
  const admitted = garage.enter({ plate: 'B-3', wait: '30m', onWaiting: (place) => places.push(place) });
  await clock.advance(10 * 60_000);
  assert.equal(await stateOf(admitted), 'pending');
  assert.deepEqual(places, [{ place: 1, ahead: 0 }]);
  assert.equal((await garage.occupancy()).waiting, 1);
  const [waiting] = await garage.lane();
  assert.deepEqual(
    [waiting!.plate, waiting!.ahead, waiting!.until],
    ['B-3', 0, new Date('2026-01-01T00:30:00Z')],
  );
  await garage.exit({ plate: 'B-1', paidHere: true });
  assert.deepEqual((await admitted).spots, ['P1/A/2']);
});

test('the lane is left when the time is over, by its place, or by a signal', async (context) => {
  const { garage, clock } = await openGarage(context);
  await garage.enter({ plate: 'B-1' });
  await garage.enter({ plate: 'B-2' });
  const late = errorOf(garage.enter({ plate: 'B-3', wait: 60_000 }));
  await clock.advance(60_000);
  assert.equal((await late).code, 'wait_expired');

  let place = 0;
  const given = errorOf(
    garage.enter({
      plate: 'B-4',
      wait: '1h',
      onWaiting: (waiting) => {
        place = waiting.place;
      },
    }),
  );
  await garage.leaveLane(place);
  assert.equal((await given).code, 'wait_expired');

  const abort = new AbortController();
  const aborted = garage.enter({ plate: 'B-5', wait: '1h', signal: abort.signal });
  abort.abort(new Error('turned round'));
  await assert.rejects(aborted, /turned round/);
  assert.equal((await garage.occupancy()).waiting, 0);
  await assert.rejects(garage.enter({ plate: 'B-6', signal: abort.signal }), /turned round/);
  assert.equal((await garage.occupancy()).ticketsOpen, 2);
});

test('however many wait in the lane under one signal, it has one listener, and all leave', async (context) => {
  const { garage } = await openGarage(context);
  await garage.enter({ plate: 'B-1' });
  await garage.enter({ plate: 'B-2' });
  const abort = new AbortController();
  const late = Array.from({ length: 20 }, (_, i) =>
    assert.rejects(
      garage.enter({ plate: `C-${i}`, wait: '1h', signal: abort.signal }),
      /the street is closed/,
    ),
  );
  assert.equal((await garage.occupancy()).waiting, 20);
  assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
  abort.abort(new Error('the street is closed'));
  await Promise.all(late);
  assert.equal((await garage.occupancy()).waiting, 0);
});

test('two gates at the last spot: one gets it', async (context) => {
  const { garage } = await openGarage(context);
  await garage.enter({ plate: 'B-1' });
  const [first, second] = await Promise.allSettled([
    garage.enter({ plate: 'B-2', gate: 'south' }),
    garage.enter({ plate: 'B-3', gate: 'south' }),
  ]);
  assert.deepEqual((first as PromiseFulfilledResult<Admission>).value.spots, ['P1/A/3']);
  assert.equal(((second as PromiseRejectedResult).reason as { code: string }).code, 'garage_full');
});

test('a reservation holds a spot for its plate until its time is over', async (context) => {
  const { garage, clock } = await openGarage(context);
  const { reservation, spots, until } = await garage.reserve({ plate: 'B-1', until: '20m', spot: 'P1/A/3' });
  assert.deepEqual([spots, until], [['P1/A/3'], new Date('2026-01-01T00:20:00Z')]);
  assert.deepEqual(
    (await garage.spots('reserved')).map((spot) => [spot.spot, spot.kind, spot.features, spot.reservation]),
    [['P1/A/3', 'regular', [], reservation]],
  );
  const [standing] = await garage.reservations();
  assert.deepEqual(
    [standing!.reservation, standing!.plate, standing!.spots, standing!.until, standing!.wanted],
    [reservation, 'B-1', ['P1/A/3'], until, []],
  );
  assert.equal((await errorOf(garage.enter({ plate: 'B-2', spot: 'P1/A/3' }))).code, 'spot_taken');
  await clock.advance(20 * 60_000);
  assert.deepEqual(await garage.reservations(), []);
  assert.deepEqual(await garage.spots('reserved'), []);
  const again = await garage.reserve({ plate: 'B-1' });
  await garage.cancelReservation(again.reservation);
  assert.equal((await errorOf(garage.cancelReservation(77))).code, 'unknown_reservation');
  assert.equal((await errorOf(garage.cancelReservation(again.reservation))).code, 'reservation_expired');
});

test('changes are told to listeners, until they stop listening', async (context) => {
  const { garage } = await openGarage(context);
  const changes: GarageChange[] = [];
  const stop = garage.onChange((change) => changes.push(change));
  await garage.enter({ plate: 'B-1' });
  await garage.setAllocation('back_to_front');
  await garage.exit({ plate: 'B-1', paidHere: true });
  assert.deepEqual(changes, [
    { what: 'spots', spots: ['P1/A/2'], state: 'occupied' },
    { what: 'allocation' },
    { what: 'spots', spots: ['P1/A/2'], state: 'free' },
  ]);
  stop();
  stop();
  await garage.enter({ plate: 'B-2' });
  assert.equal(changes.length, 3);
});

test('a listener may use the garage', async (context) => {
  const { garage } = await openGarage(context);
  const seen: unknown[] = [];
  garage.onChange(() => void garage.occupancy().then(({ occupied }) => seen.push(occupied)));
  const { spots } = await garage.enter({ plate: 'B-1' });
  assert.deepEqual(spots, ['P1/A/2']);
  await new Promise(setImmediate);
  assert.deepEqual(seen, [1]);
});
