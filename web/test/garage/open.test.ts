import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { type Garage, ParkingLot } from 'prometheus-parking-lot';
import { Garages } from 'prometheus-parking-lot/garage';
import { errorOf, openGarage, small } from './garages.js';

const pools = { gates: { max_units: 1 } };

test('what is wrong with garages is told at once, by path', async () => {
  const error = await errorOf(
    ParkingLot.open({
      pools,
      garages: {
        g: { levels: { P1: { A: 0 } }, tariffs: { t: { increment: { length: '1h', fee: -1 } } } },
        h: {},
      },
    }),
  );
  assert.equal(error.code, 'invalid_config');
  const paths = error.issues.map(({ path }) => path);
  for (const path of [
    'garages.g.levels.P1.A',
    'garages.g.tariffs.t.increment.fee',
    'garages.h.levels',
    'garages.h.tariffs',
  ])
    assert.ok(paths.includes(path), `${path} is not among ${paths.join(', ')}`);
});

test('a zone that does not exist is named', async () => {
  const error = await errorOf(
    ParkingLot.open({ pools, garages: { g: { ...small, zone: 'Europe/Atlantis' } } }),
  );
  assert.deepEqual([error.code, error.issues[0]?.path], ['invalid_config', 'garages.g.zone']);
});

test('storage of browsers is not there for garages in Node', async () => {
  const error = await errorOf(ParkingLot.open({ pools, garages: { g: { ...small, storage: 'idbfs' } } }));
  assert.deepEqual([error.code, error.issues[0]?.path], ['unavailable', 'garages.g.storage']);
});

test('a name that is not in the config is refused, with the one that was meant', async (context) => {
  const lot = await ParkingLot.open({ pools, garages: { airport: { preset: 'airport' } } });
  context.after(() => lot.close());
  assert.equal(lot.garage('airport').facts.spots, 2400);
  // @ts-expect-error no such garage
  assert.throws(() => lot.garage('airprt'), /did you mean airport/);
  const without = await ParkingLot.open({ pools });
  context.after(() => without.close());
  // @ts-expect-error no garages at all
  assert.throws(() => without.garage('airport'), /The config has no garages/);
});

test('closing the lot ends its garages: who waits is told, and nothing more is taken', async (context) => {
  const { garage, lot } = await opened();
  context.after(() => lot.close());
  await garage.enter({ plate: 'B-1' });
  await garage.enter({ plate: 'B-2' });
  const waiting = errorOf(garage.enter({ plate: 'B-3', wait: '1h' }));
  await lot.close();
  assert.equal((await waiting).code, 'closed');
  assert.equal((await errorOf(garage.enter({ plate: 'B-4' }))).code, 'closed');
  assert.equal((await errorOf(garage.occupancy())).code, 'closed');
});

test('garages are there without pools, from a module that was loaded before', async (context) => {
  const file = createRequire(import.meta.url).resolve('prometheus-parking-lot/parking-lot-garage.wasm');
  const garages = await Garages.open({ garages: { a: small, b: small } }, { wasm: readFile(file) as never });
  context.after(() => garages.close());
  const [first, second] = await Promise.all([
    garages.garage('a').enter({ plate: 'B-1' }),
    garages.garage('b').enter({ plate: 'B-1' }),
  ]);
  assert.notEqual(first.ticket, second.ticket);
  assert.deepEqual(garages.names, ['a', 'b']);
  garages.close();
  garages.close();
  assert.equal((await errorOf(garages.garage('a').occupancy())).code, 'closed');
});

test('variables of the config are those of the caller', async (context) => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a variable
  const zone = '${ZONE}';
  const lot = await ParkingLot.open(
    { pools, garages: { g: { ...small, zone } } },
    { environment: { ZONE: 'Asia/Tokyo' } },
  );
  context.after(() => lot.close());
  assert.equal(lot.garage('g').facts.zone, 'Asia/Tokyo');
});

test('a made-up day is the same for the same seed, and its vehicles are those that are simulated', async (context) => {
  const { garage } = await openGarage(context, { preset: 'mall', zone: 'Europe/Berlin', lane_max: 40 });
  const { begin, arrivals } = await garage.planDay('busy', 1);
  assert.deepEqual(begin, new Date('2026-04-05T22:00:00Z'));
  assert.deepEqual(await garage.planDay('busy', 1), { begin, arrivals });
  assert.notDeepEqual((await garage.planDay('busy', 2)).arrivals, arrivals);
  const day = await garage.simulateDay('busy', 1);
  assert.equal(day.arrivals, arrivals.length);
  assert.equal(day.entered + day.turnedAway, day.arrivals);
  assert.equal(day.occupancy.byHour.length, 24);
  assert.equal((await garage.occupancy()).occupied, 0);
});

async function opened(): Promise<{ garage: Garage; lot: ParkingLot }> {
  const lot = await ParkingLot.open({ pools, garages: { g: small } });
  return { garage: lot.garage('g'), lot: lot as never };
}
