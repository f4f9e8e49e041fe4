import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { serveWhatIf } from '../../examples/what-if/serve.mjs';

let site;
test.beforeAll(async () => {
  site = await serveWhatIf(7330);
});
test.afterAll(async () => {
  await site.close();
});

/** The page, and whatever its security policy blocks or its scripts throw. */
async function openPage(page) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(site.url);
  return complaints;
}

const column = (page, policy) =>
  page.evaluate((name) => {
    const rows = [...document.querySelectorAll('#figures tr')].map((row) => [...row.cells].map((cell) => cell.textContent));
    const place = rows[0].findIndex((text) => text.replaceAll('\u200b', '') === name);
    return Object.fromEntries(rows.slice(1).map((row) => [row[0], row[place]]));
  }, policy);

test('a made-up trace is compared in a worker, with plots and configs to take away', async ({ page }) => {
  const complaints = await openPage(page);
  await page.getByLabel('Tasks').fill('2000');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#state')).toContainText('3 policies in');
  await expect(page.locator('#summary')).toContainText('2,000 tasks');
  const plots = page.locator('#plots img');
  await expect(plots).toHaveCount(7);
  for (const plot of await plots.all()) {
    expect(await plot.evaluate((image) => image.decode().then(() => image.naturalWidth))).toBeGreaterThan(0);
  }
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'download the config of strict' }).click(),
  ]);
  const config = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(config.pools.simulated.policy).toBe('strict');
  expect(complaints).toEqual([]);
});

test('a trace from a file runs under the units asked for', async ({ page }) => {
  await openPage(page);
  const job = (id, submit, run, processors) =>
    `${id} ${submit} -1 ${run} ${processors} -1 -1 ${processors} ${run} -1 1 1 1 -1 -1 -1 -1 -1\n`;
  const text = `; MaxProcs: 10\n${job(1, 0, 10, 6)}${job(2, 1, 5, 8)}${job(3, 2, 20, 4)}${job(4, 3, 5, 4)}`;
  await page.locator('input[type=file]').setInputFiles({ name: 'four.swf', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#summary')).toContainText('4 tasks');
  expect(await column(page, 'first_fit')).toMatchObject({ completed: '4', 'wait, longest': '21 s' });
  expect(await column(page, 'strict')).toMatchObject({ 'wait, longest': '13 s' });
  expect(await column(page, 'backfill')).toMatchObject({ 'wait, longest': '13 s', 'wait, mean': '5.5 s' });
});

test('what is wrong with a trace stands on the page, and the next run goes on', async ({ page }) => {
  await openPage(page);
  await page.locator('input[type=file]').setInputFiles({ name: 'bad.jsonl', mimeType: 'text/plain', buffer: Buffer.from('{"submit": 1}\n') });
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#state')).toContainText('line 1: duration: is missing');
  await page.getByLabel('Made up').selectOption('bursty');
  await page.getByLabel('Tasks').fill('500');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#state')).toContainText('3 policies in');
});

test('numbers that make no sense are refused beside their limits, and nothing is made of them', async ({ page }) => {
  await openPage(page);
  const [load, units] = [page.getByLabel('Load in percent'), page.getByLabel('or units')];
  const wrong = [
    [units, '1e20', 'or units: must be a whole number from 1 to 9,007,199,254,740,991.'],
    [units, '0', 'or units: must be'],
    [load, '', 'Load in percent: must be a whole number from 1 to 1,000.'],
    [page.getByLabel('Estimates'), '', /^Estimates.*: must be a whole number from 0 to 1,000\./],
    [page.getByLabel('Tasks'), '2.5', 'Tasks: must be'],
    [page.getByLabel('Seed'), '-1', 'Seed: must be'],
  ];
  for (const [field, text, message] of wrong) {
    const before = await field.inputValue();
    await field.fill(text);
    await page.getByRole('button', { name: 'Simulate' }).click();
    await expect(page.locator('#state')).toContainText(message);
    await expect(page.locator('#state')).toHaveClass('bad');
    await expect(field).toBeFocused();
    await expect(page.locator('#results')).toBeHidden();
    await field.fill(before);
  }
  await page.getByLabel('Tasks').fill('500');
  await load.fill('');
  await units.fill('20000');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#summary')).toContainText('20,000 units');
  await expect(page.locator('[aria-invalid=true]')).toHaveCount(0);
});

test('how wrong expected starts were, and how far tenants were apart, are among the figures', async ({ page }) => {
  await openPage(page);
  await page.getByLabel('Tasks').fill('1000');
  await page.getByLabel('One more, with keys of the pool').fill('strict:fairness=tenant');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#state')).toContainText('4 policies in');
  const time = expect.stringMatching(/^[\d.]+ (ms|s|min|h|d)$/);
  const lag = (most, bound) => ({ 'lag between tenants, most': most, 'lag between tenants, bound': bound });
  const eta = (p50, p95) => ({ 'start foretold: off by, p50': p50, 'start foretold: off by, p95': p95 });
  expect(await column(page, 'strict:fairness=tenant')).toMatchObject({ ...eta(time, time), ...lag(time, time) });
  // In a strict order of exact estimates nothing that comes later changes what was told.
  expect(await column(page, 'strict')).toMatchObject({ ...eta('0', '0'), ...lag('–', '–') });
});
