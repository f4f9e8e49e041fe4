// Works the page as a person would, and reads from it what came of that.

import path from 'node:path';

/** What the page tells of itself. */
export const readReport = (page) => page.evaluate(() => JSON.parse(document.querySelector('#report').textContent));

export async function openPage(page, url) {
  page.setDefaultTimeout(30_000);
  await page.goto(url);
  await page.waitForSelector('body[data-ready]');
}

/** A van comes, waits if it must, and is found at its spots; it pays and leaves. By keyboard alone. */
export async function sendVan(page) {
  await page.getByRole('radio', { name: 'Van' }).focus();
  await page.keyboard.press('Space');
  const plate = page.getByLabel('Plate');
  await plate.fill('B-VAN 7');
  await page.keyboard.press('Enter');
  await page.locator('#gate-note', { hasText: 'B-VAN 7 may drive to' }).waitFor();
  const said = await page.locator('#gate-note').textContent();
  await page.locator('#spot', { hasText: 'B-VAN 7' }).waitFor();
  const spots = said.match(/P\d\/[A-D]\/\d+/g);
  const shown = await page.locator('.spot[aria-label*="van B-VAN 7"]').count();
  await page.getByRole('button', { name: 'Let out' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#gate-note', { hasText: 'B-VAN 7 has left' }).waitFor();
  return { spots, shown };
}

/** The same plate twice is refused, and the page says why. */
export async function enterTwice(page) {
  await page.getByRole('radio', { name: 'Small car' }).check();
  for (let i = 0; i < 2; i += 1) {
    await page.getByLabel('Plate').fill('B-TWO 2');
    await page.getByRole('button', { name: 'Let in' }).click();
    await page.locator('#gate-note', { hasText: i === 0 ? 'may drive' : 'already_parked' }).waitFor();
  }
}

/** Moves over the spots of a level by arrow keys, and chooses one. Answers its label. */
export async function walk(page) {
  await page.locator('.spot[tabindex="0"]').focus();
  for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
  await page.keyboard.press('Enter');
  const label = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  await page.locator('#spot-heading', { hasText: label.split(',')[0] }).waitFor();
  return label;
}

/** Doubles the day's maximum; answers the price of a day before and after. */
export async function editTariff(page) {
  const price = async () => Number((await page.locator('#quote-amount').textContent()).replace('€', ''));
  await page.getByLabel('Comes').selectOption({ label: 'Monday morning' });
  await page.getByRole('slider', { name: 'Stays' }).fill('12');
  await page.locator('#quote-stay', { hasText: '12 h' }).waitFor();
  const before = await price();
  await page.getByLabel('Day’s maximum').fill('36');
  await page.waitForFunction((was) => Number(document.querySelector('#quote-amount').textContent.replace('€', '')) !== was, before);
  return { before, after: await price() };
}

/** A tariff that cannot be is refused with the core's own words. */
export async function spoilTariff(page) {
  const field = page.getByLabel('First hour');
  const value = await field.inputValue();
  await field.fill('99999');
  await page.locator('#tariff-note.bad', { hasText: 'tiers[0].fee' }).waitFor();
  await field.fill(value);
  await page.locator('#tariff-note:not(.bad)').waitFor({ state: 'attached' });
}

/** Another day from its beginning to its end, without anybody at the gates. */
export async function runDay(page) {
  const { seed } = await readReport(page);
  await page.getByRole('button', { name: 'Another day' }).click();
  await page.waitForFunction((was) => JSON.parse(document.querySelector('#report').textContent).seed > was, seed);
  await page.getByRole('button', { name: 'To the end' }).click();
  await page.waitForFunction(() => JSON.parse(document.querySelector('#report').textContent).isOver);
  return readReport(page);
}

/** What the page came to, beside what the simulation of the same day says; `[]` if they agree. */
export function differences({ entered, left, turnedAway, revenue, expected }) {
  const pairs = { entered: [entered, expected.entered], left: [left, expected.left], 'turned away': [turnedAway, expected.turnedAway], revenue: [revenue, expected.revenue.paid] };
  return Object.entries(pairs).filter(([, [is, should]]) => is !== should).map(([what, [is, should]]) => `${what}: ${is} on the page, ${should} simulated`);
}

/** Light, dark and narrow, as `garage*.png`. With motion reduced, so that nothing is caught half-way. */
export async function takePictures(page, folder) {
  const take = async (name, colorScheme, width) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
  };
  await take('garage', 'light', 1320);
  await take('garage-dark', 'dark', 1320);
  await take('garage-narrow', 'light', 390);
  await page.setViewportSize({ width: 1320, height: 900 });
}
