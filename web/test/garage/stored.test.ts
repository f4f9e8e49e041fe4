import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { cloudEvent, type GarageConfig, ParkingLot } from 'prometheus-parking-lot';
import { type ManualClock, manualClock } from 'prometheus-parking-lot/testing';
import { scratchFolder } from '../storage/scratch.js';
import { errorOf, small } from './garages.js';

const stored = (path: string): GarageConfig => ({ ...small, storage: { type: 'file', path } });

function open(folder: string, clock?: ManualClock) {
  return ParkingLot.open(
    { pools: { gates: { max_units: 1 } }, garages: { g: stored(folder) } },
    clock ? { clock } : {},
  );
}

test('a stored garage goes on where it was closed', async () => {
  const folder = scratchFolder();
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const first = await open(folder, clock);
  const { ticket } = await first.garage('g').enter({ plate: 'B-1' });
  await first.close();
  await clock.advance(3_600_000);
  const lot = await open(folder, clock);
  const garage = lot.garage('g');
  assert.equal((await garage.tickets())[0]?.ticket, ticket);
  assert.equal((await garage.price({ ticket })).due, 300);
  assert.equal((await garage.exit({ plate: 'B-1', paidHere: true })).paidHere, 300);
  assert.equal((await garage.occupancy()).paid, 300);
  assert.deepEqual((await lot.health()).garages, { g: { status: 'ok' } });
  await lot.close();
});

test('what was answered survives a kill of the process, and the lock goes with it', async () => {
  const folder = scratchFolder();
  const script = `
    import { ParkingLot } from 'prometheus-parking-lot';
    const garages = { g: ${JSON.stringify(stored(folder))} };
    const lot = await ParkingLot.open({ pools: { gates: { max_units: 1 } }, garages });
    for (const plate of ['B-1', 'B-2']) await lot.garage('g').enter({ plate });
    void lot.garage('g').exit({ plate: 'B-1', paidHere: true });
    process.kill(process.pid, 'SIGKILL');`;
  const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  const lot = await open(folder);
  const plates = (await lot.garage('g').tickets()).map(({ plate }) => plate);
  assert.deepEqual(plates.slice(-1), ['B-2']);
  assert.equal((await errorOf(lot.garage('g').enter({ plate: 'B-2' }))).code, 'already_parked');
  await lot.close();
});

test('a stored garage has one owner at a time', async () => {
  const folder = scratchFolder();
  const lot = await open(folder);
  const error = await errorOf(open(folder));
  assert.equal(error.code, 'unavailable');
  await lot.close();
  await (await open(folder)).close();
});

test('a stored garage tells what it was at past moments, and what happened to whom', async (context) => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const lot = await open(scratchFolder(), clock);
  context.after(() => lot.close());
  const garage = lot.garage('g');
  const moments: { at: Date; occupancy: unknown; tickets: unknown }[] = [];
  for (let i = 0; i < 30; i++) {
    await clock.advance(60_000);
    if (i % 3 === 2) await garage.exit({ plate: `B-${i - 1}`, paidHere: true });
    else await garage.enter({ plate: `B-${i}` }).catch(() => undefined);
    moments.push({
      at: new Date(clock.wall()),
      occupancy: await garage.occupancy(),
      tickets: await garage.tickets(),
    });
    if (i % 3 === 2) await garage.exit({ plate: `B-${i - 2}`, paidHere: true }).catch(() => undefined);
    await clock.advance(60_000);
  }
  for (const { at, occupancy, tickets } of moments.filter((_, i) => i % 3 !== 2)) {
    const then = await garage.at(at);
    assert.deepEqual({ ...then.occupancy }, occupancy);
    assert.deepEqual(then.tickets, tickets);
  }
  assert.match((await errorOf(garage.at(new Date(0)))).message, /no records of that time/);

  const [entered, left] = await garage.audit({ subject: { kind: 'vehicle', id: 'B-1' } });
  assert.deepEqual([entered?.action, left?.action], ['enter', 'exit']);
  const cloud = cloudEvent(entered!);
  assert.equal(cloud.source, 'parking-lot/garages/g');
  assert.equal(cloud.type, 'parking-lot.garage.enter');
  assert.equal(cloud.subject, 'ticket:2');
  assert.equal(cloud.time, entered!.at.toISOString());
  const later = await garage.audit({ from: left!.at });
  assert.ok(later.length > 0 && later.every(({ at }) => at >= left!.at));
});

test('when the disk fails, answers are unconfirmed, and the garage is read back when it works again', async (context) => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const folder = scratchFolder();
  const lot = await open(folder, clock);
  const garage = lot.garage('g');
  await garage.enter({ plate: 'B-1' });
  const { fdatasync } = fs;
  context.after(() => {
    fs.fdatasync = fdatasync;
  });
  fs.fdatasync = ((_file: number, done: (error: Error) => void) =>
    setImmediate(() => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' })))) as never;
  assert.equal((await errorOf(garage.enter({ plate: 'B-2' }))).code, 'unconfirmed');
  assert.equal((await errorOf(garage.enter({ plate: 'B-3' }))).code, 'storage_unavailable');
  fs.fdatasync = fdatasync;
  await clock.advance(1_000);
  assert.equal((await garage.enter({ plate: 'B-3' })).number > 1, true);
  const plates = (await garage.tickets()).map(({ plate }) => plate);
  assert.ok(plates.includes('B-1') && plates.includes('B-3'));
  await lot.close();
  const again = await open(folder, clock);
  assert.deepEqual(
    (await again.garage('g').tickets()).map(({ plate }) => plate),
    plates,
  );
  await again.close();
});

test('a garage in memory has no past and says so', async (context) => {
  const lot = await ParkingLot.open({ pools: { gates: { max_units: 1 } }, garages: { g: small } });
  context.after(() => lot.close());
  assert.equal((await errorOf(lot.garage('g').at(new Date()))).code, 'unavailable');
  assert.equal((await errorOf(lot.garage('g').audit())).code, 'unavailable');
});

test('an erased plate is told by no file of the store, in none of its garages', async () => {
  const folder = scratchFolder();
  const garages = { g: stored(folder), h: stored(folder) };
  const openBoth = () => ParkingLot.open({ pools: { gates: { max_units: 1 } }, garages });
  const plate = 'B-AB 4711';
  const request = { plate, by: 'ann', reason: 'asked for it' };
  const first = await openBoth();
  const { ticket } = await first.garage('g').enter({ plate });
  await first.garage('g').exit({ plate, paidHere: true });
  await first.garage('h').enter({ plate });
  await first.close();

  const lot = await openBoth();
  const told = async (text: string) => {
    const events = [...(await lot.garage('g').audit()), ...(await lot.garage('h').audit())];
    return JSON.stringify(events).includes(text);
  };
  const inside = await errorOf(lot.garage('g').erase(request));
  assert.deepEqual([inside.code, inside.field], ['in_use', 'ticket']);
  await lot.garage('h').exit({ plate, paidHere: true });
  assert.equal(await told(plate), true);
  await lot.garage('g').erase(request);
  assert.equal(await told(plate), false);
  assert.equal(await told('erased:v1'), true);
  assert.equal((await lot.garage('g').ticket({ ticket })).plate, 'erased:v1');
  for (const file of fs.readdirSync(folder)) {
    assert.equal(fs.readFileSync(`${folder}/${file}`).includes(plate), false, file);
  }
  await lot.close();

  const again = await openBoth();
  assert.equal((await again.garage('g').ticket({ ticket })).plate, 'erased:v1');
  await again.garage('h').enter({ plate });
  await again.close();
});

test('an erased operator is told by no file of the store, and what they did is', async () => {
  const folder = scratchFolder();
  const operator = 'Roberta Example';
  const first = await open(folder);
  const { ticket } = await first.garage('g').enter({ plate: 'B-1' });
  await first.garage('g').setPrice({ ticket, amount: 70, by: operator, reason: 'waited' });
  await first.close();

  const lot = await open(folder);
  const garage = lot.garage('g');
  const told = async () => JSON.stringify(await garage.audit());
  assert.match(await told(), /Roberta Example/);
  await garage.eraseOperator({ operator, by: 'ann', reason: 'asked for it' });
  assert.doesNotMatch(await told(), /Roberta Example/);
  const events = await garage.audit();
  const operatorOf = (wanted: string) =>
    events.find(({ action }) => action === wanted)?.subjects.find(({ kind }) => kind === 'operator')?.id;
  assert.match(operatorOf('override') ?? '', /^erased:\d+$/);
  assert.equal(operatorOf('erase'), 'ann');
  assert.deepEqual(events.at(-1)?.detail, { whose: 'operator', reason: 'asked for it' });
  for (const file of fs.readdirSync(folder)) {
    assert.equal(fs.readFileSync(`${folder}/${file}`).includes(operator), false, file);
  }
  assert.equal((await garage.exit({ ticket, paidHere: true })).price, 70);
  await lot.close();
});

test('an erasure whose keys could not be destroyed is unconfirmed', async (context) => {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const lot = await open(scratchFolder(), clock);
  const garage = lot.garage('g');
  await garage.enter({ plate: 'B-1' });
  await garage.exit({ plate: 'B-1', paidHere: true });
  const { fdatasync } = fs;
  context.after(() => {
    fs.fdatasync = fdatasync;
  });
  let syncs = 0;
  fs.fdatasync = ((file: number, done: (error: Error | null) => void) => {
    if (syncs++ === 0) return fdatasync(file, done);
    return setImmediate(() => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' })));
  }) as never;
  const request = { plate: 'B-1', by: 'ann', reason: 'asked for it' };
  assert.equal((await errorOf(garage.erase(request))).code, 'unconfirmed');
  fs.fdatasync = fdatasync;
  await clock.advance(60_000);
  await garage.erase(request);
  assert.equal(JSON.stringify(await garage.audit()).includes('B-1"'), false);
  await lot.close();
});

test('a vehicle that comes back while its plate is being erased keeps it', async () => {
  for (const garageOfReturn of ['g', 'h'] as const) {
    const folder = scratchFolder();
    const config = { pools: { gates: { max_units: 1 } }, garages: { g: stored(folder), h: stored(folder) } };
    const lot = await ParkingLot.open(config);
    await lot.garage('g').enter({ plate: 'Z-60' });
    await lot.garage('g').exit({ plate: 'Z-60', paidHere: true });
    const erasure = lot.garage('g').erase({ plate: 'Z-60', by: 'anna', reason: 'asked for it' });
    const entry = lot.garage(garageOfReturn).enter({ plate: 'Z-60' });
    const [erased, entered] = await Promise.allSettled([erasure, entry]);
    assert.equal(entered.status, 'fulfilled');
    if (erased.status === 'rejected') assert.equal(erased.reason.code, 'in_use');
    await lot.close();
    const again = await ParkingLot.open(config);
    const inside = (await again.garage(garageOfReturn).tickets()).find(({ state }) => state === 'open');
    assert.equal(inside?.plate, 'Z-60');
    assert.equal(
      (await again.garage(garageOfReturn).exit({ plate: 'Z-60', paidHere: true })).ticket,
      inside?.ticket,
    );
    await again.close();
  }
});
