import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorOf, openGarage } from './garages.js';

const ann = { by: 'ann', reason: 'goodwill' };

test('operators put plates, entries and spots right, with a name and a reason', async (context) => {
  const { garage, clock } = await openGarage(context);
  const { ticket } = await garage.enter({ plate: 'B-1' });
  await clock.advance(3_600_000);
  await garage.correct({
    plate: 'B-1',
    newPlate: 'B-7',
    entry: '2026-01-01T00:30:00Z',
    spot: 'P1/A/3',
    ...ann,
  });
  const seen = await garage.ticket({ ticket });
  assert.deepEqual(
    [seen.plate, seen.spots, seen.entry, seen.state, seen.isLost, seen.surgePercent],
    ['B-7', ['P1/A/3'], new Date('2026-01-01T00:30:00Z'), 'open', false, 100],
  );
  const nameless = await errorOf(garage.correct({ ticket, newPlate: 'B-8', by: '', reason: 'x' }));
  assert.deepEqual([nameless.code, nameless.field], ['invalid_argument', 'by']);
});

test('a price is fixed, money goes back, a ticket is made void, a lost one has its price', async (context) => {
  const { garage, clock } = await openGarage(context);
  const first = await garage.enter({ plate: 'B-1' });
  await garage.enter({ plate: 'B-2' });
  await clock.advance(3_600_000);
  await garage.setPrice({ plate: 'B-1', amount: 500, ...ann });
  await garage.exit({ plate: 'B-1', paidHere: true });
  const tooMuch = await errorOf(garage.refund({ ticket: first.ticket, amount: 501, ...ann }));
  assert.deepEqual([tooMuch.code, tooMuch.field], ['overpaid', 'amount']);
  await garage.refund({ ticket: first.ticket, amount: 200, ...ann });
  await garage.reportLost('B-2');
  assert.equal((await garage.price({ plate: 'B-2' })).due, 2500);
  assert.equal((await garage.ticket({ plate: 'B-2' })).isLost, true);
  await garage.makeVoid({ plate: 'B-2', ...ann });
  const [day] = await garage.report();
  assert.deepEqual(day, {
    date: '2026-01-01',
    entries: 2,
    exits: 2,
    turnedAway: 0,
    payments: 1,
    paid: 500,
    refunded: 200,
    spotsOccupiedMax: 2,
    spotMs: 7_200_000,
  });
  assert.equal(
    await garage.reportCsv(),
    'date,entries,exits,turned_away,payments,paid,refunded,spots_occupied_max,spot_minutes\n2026-01-01,2,2,0,1,500,200,2,120\n',
  );
});

test('permits and validations take off what the tariff says', async (context) => {
  const { garage, clock } = await openGarage(context);
  await garage.grantPermit({ plate: 'B-1', permit: 'staff' });
  await garage.enter({ plate: 'B-1' });
  await garage.enter({ plate: 'B-2' });
  await clock.advance(3_600_000);
  await garage.validate({ plate: 'B-2', validation: 'shop' });
  const [staff, shop] = await Promise.all([garage.price({ plate: 'B-1' }), garage.price({ plate: 'B-2' })]);
  assert.deepEqual([staff.due, shop.due], [0, 100]);
  assert.deepEqual(staff.lines.at(-1)?.kind, 'permit');
  await garage.revokePermit('B-1');
  assert.equal((await garage.price({ plate: 'B-1' })).due, 300);
  const unknown = await errorOf(garage.grantPermit({ plate: 'B-1', permit: 'mayor' }));
  assert.deepEqual([unknown.code, unknown.field], ['unknown_name', 'permit']);
  const nameless = await errorOf(garage.grantPermit({ plate: 'B-1', permit: '' }));
  assert.deepEqual([nameless.code, nameless.field], ['invalid_argument', 'permit']);
});

test('a version that has passed is refused', async (context) => {
  const { garage, clock } = await openGarage(context);
  const { ticket, version } = await garage.enter({ plate: 'B-1' });
  await clock.advance(60_000);
  await garage.pay({ ticket, amount: 50, ifVersion: version });
  assert.equal(
    (await errorOf(garage.pay({ ticket, amount: 50, ifVersion: version }))).code,
    'version_conflict',
  );
});

test('what was seen is compared with the tickets', async (context) => {
  const { garage } = await openGarage(context);
  await garage.enter({ plate: 'B-1' });
  assert.deepEqual(await garage.reconcile(['P1/A/2']), []);
  assert.deepEqual(await garage.reconcile(['P1/A/1']), [
    { what: 'occupied_without_ticket', spot: 'P1/A/1' },
    { what: 'ticket_without_vehicle', spot: 'P1/A/2', number: 1 },
  ]);
});

test('open tickets are listed, with what they name', async (context) => {
  const { garage } = await openGarage(context);
  await garage.enter({ plate: 'B-2', type: 'van' });
  await garage.enter({ plate: 'B-1', size: 'small' });
  assert.deepEqual(
    (await garage.tickets()).map(({ plate, type, size, spots, gate, tariff }) => [
      plate,
      type,
      size,
      spots,
      gate,
      tariff,
    ]),
    [
      ['B-2', 'van', 'medium', ['P1/A/2'], 'south', 'standard'],
      ['B-1', 'car', 'small', ['P1/A/1'], 'south', 'standard'],
    ],
  );
});

test('an erased plate is nowhere, its ticket stays, and what comes later with it is another vehicle', async (context) => {
  const { garage } = await openGarage(context);
  const request = { plate: 'B-1', by: 'ann', reason: 'asked for it' };
  const { ticket } = await garage.enter({ plate: 'B-1' });
  const inside = await errorOf(garage.erase(request));
  assert.deepEqual([inside.code, inside.field], ['in_use', 'ticket']);
  await garage.exit({ ticket, paidHere: true });
  await garage.erase(request);
  const left = await garage.ticket({ ticket });
  assert.deepEqual([left.plate, left.state, left.paid], ['erased:v1', 'closed', 0]);
  const again = await garage.enter({ plate: 'B-1' });
  assert.equal((await garage.ticket({ ticket: again.ticket })).plate, 'B-1');
  assert.equal((await errorOf(garage.erase({ ...request, reason: 'B-1 asked' }))).field, 'reason');
  assert.equal((await errorOf(garage.enter({ plate: 'erased:v1' }))).field, 'plate');
});

test('an operator is erased by another one, unless a vehicle of that name stands', async (context) => {
  const { garage } = await openGarage(context);
  const request = { operator: 'bob', by: 'ann', reason: 'asked for it' };
  const { ticket } = await garage.enter({ plate: 'bob' });
  const inside = await errorOf(garage.eraseOperator(request));
  assert.deepEqual([inside.code, inside.field], ['in_use', 'ticket']);
  await garage.makeVoid({ ticket, by: 'bob', reason: 'broken gate' });
  assert.equal((await errorOf(garage.eraseOperator({ ...request, by: 'bob' }))).field, 'by');
  assert.equal((await errorOf(garage.eraseOperator({ ...request, operator: '' }))).field, 'operator');
  assert.equal((await errorOf(garage.eraseOperator({ ...request, reason: 'bob asked' }))).field, 'reason');
  await garage.eraseOperator(request);
  assert.equal((await garage.ticket({ ticket })).plate, 'erased:v1');
});
