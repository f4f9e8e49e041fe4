import { expect, openKit, test } from './kit-page.mjs';

/** Opens a lot with a stored garage and lets the page keep it. */
const open = (page, kind) =>
  page.evaluate(async (type) => {
    const { ParkingLot } = await import('/package/index.js');
    const garages = { g: { preset: 'street', zone: 'Europe/Berlin', storage: { type } } };
    globalThis.lot = await ParkingLot.open({ pools: { p: { max_units: 1 } }, garages });
  }, kind);

const enter = (page, plate) =>
  page.evaluate(async (wanted) => (await lot.garage('g').enter({ plate: wanted })).spots, plate);

for (const kind of ['idbfs', 'opfs']) {
  test(`a garage in ${kind} goes on after its page was reloaded, with its past`, async ({ page }) => {
    await open(page, kind);
    const [spot] = await enter(page, 'B-1');
    const before = await page.evaluate(() => Date.now());
    await page.waitForFunction((then) => Date.now() > then, before);
    await enter(page, 'B-2');
    await page.reload();
    await openKit(page);
    await open(page, kind);
    const seen = await page.evaluate(async (time) => {
      const garage = lot.garage('g');
      const plates = (tickets) => tickets.map(({ plate }) => plate);
      const events = await garage.audit({ subject: { kind: 'vehicle', id: 'B-1' } });
      return {
        now: plates(await garage.tickets()),
        then: plates((await garage.at(time)).tickets),
        spots: (await garage.ticket({ plate: 'B-1' })).spots,
        actions: events.map(({ action }) => action),
        again: await garage.enter({ plate: 'B-1' }).catch(({ code }) => code),
      };
    }, before);
    expect(seen).toEqual({
      now: ['B-1', 'B-2'],
      then: ['B-1'],
      spots: [spot],
      actions: ['enter'],
      again: 'already_parked',
    });
    await page.evaluate(() => lot.close());
  });
}
