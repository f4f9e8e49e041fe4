import { expect, test } from '@playwright/test';
import { differences, editTariff, enterTwice, openPage, readReport, runDay, sendVan, spoilTariff, walk } from '../../examples/garage/drive/steps.mjs';
import { serveGarage } from '../../examples/garage/serve.mjs';
import { openKit } from './kit-page.mjs';

let site;
test.beforeAll(async () => {
  site = await serveGarage(7350);
});
test.afterAll(async () => {
  await site.close();
});

/** The page, and whatever its security policy blocks or its scripts throw. */
async function openGarage(page) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await openPage(page, site.url);
  return complaints;
}

test('a day on the page comes to the figures of its simulation', async ({ page }) => {
  const complaints = await openGarage(page);
  const day = await runDay(page);
  expect(day.entered).toBeGreaterThan(1000);
  expect(day.turnedAway).toBeGreaterThan(0);
  expect(differences(day)).toEqual([]);
  expect(complaints).toEqual([]);
});

test('vehicles come and go by keyboard, a van on spots beside each other, and a second ticket is refused', async ({ page }) => {
  const complaints = await openGarage(page);
  const { occupancy } = await readReport(page);
  const van = await sendVan(page);
  expect(van.shown).toBe(van.spots.length);
  await enterTwice(page);
  expect((await readReport(page)).occupancy.occupied).toBe(occupancy.occupied + 1);
  expect(await walk(page)).toMatch(/^P\d\/[A-D]\/4, /);
  expect(complaints).toEqual([]);
});

test('the tariff can be edited, is checked by the core, and the day is run again with it', async ({ page }) => {
  const complaints = await openGarage(page);
  await spoilTariff(page);
  const { before, after } = await editTariff(page);
  expect([before, after]).toEqual([18, 30]);
  const { revenue } = await readReport(page);
  await page.getByLabel('First hour').fill('9');
  await page.getByRole('button', { name: 'Run this day with it' }).click();
  await expect(page.locator('#gate-note')).toContainText('with the new tariff');
  expect((await readReport(page)).revenue).toBeGreaterThan(revenue);
  expect(complaints).toEqual([]);
});

test('plots are drawn again for the width that the page leaves them', async ({ page }) => {
  const complaints = await openGarage(page);
  const sizes = () =>
    page.locator('svg.plot').evaluateAll((plots) =>
      plots.map((plot) => ({ drawn: plot.viewBox.baseVal.width, shown: plot.clientWidth })),
    );
  for (const width of [1280, 700, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(async () => (await sizes()).filter(({ drawn, shown }) => drawn !== shown)).toEqual([]);
  }
  expect((await sizes()).length).toBe(2);
  expect(complaints).toEqual([]);
});

test('time goes on by itself when the day is played', async ({ page }) => {
  await openGarage(page);
  const { hour } = await readReport(page);
  await page.getByRole('button', { name: 'Play' }).click();
  await page.waitForFunction((from) => JSON.parse(document.querySelector('#report').textContent).hour > from + 0.5, hour);
  await page.getByRole('button', { name: 'Pause' }).click();
  const twoFrames = () =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await twoFrames();
  const paused = await readReport(page);
  await twoFrames();
  expect((await readReport(page)).hour).toBe(paused.hour);
});

test('a lot has garages in a page under a strict policy, and loads them only if its config names one', async ({ page }) => {
  const loaded = [];
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname.split('/').at(-1)));
  await openKit(page, 'strict');
  const open = (garages) =>
    page.evaluate(async (given) => {
      const { ParkingLot } = await import('/package/index.js');
      const lot = await ParkingLot.open({ pools: { p: { max_units: 1 } }, ...given });
      const ran = await lot.pool('p').run(async () => 'ran');
      const ticket = given.garages && (await lot.garage('street').enter({ plate: 'B-1' }));
      const left = ticket && (await lot.garage('street').exit({ ticket: ticket.ticket, paidHere: true }));
      await lot.close();
      return { ran, spots: ticket?.spots, price: left?.price };
    }, garages);
  expect(await open({})).toMatchObject({ ran: 'ran' });
  expect(loaded.filter((name) => /garage/.test(name))).toEqual([]);
  const street = { preset: 'street', zone: 'Europe/Berlin' };
  expect(await open({ garages: { street } })).toEqual({ ran: 'ran', spots: ['street/1/11'], price: 0 });
  expect(loaded.filter((name) => /garage.*\.wasm$/.test(name))).toEqual(['parking_lot_garage.wasm']);
});
