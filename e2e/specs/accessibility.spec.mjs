import { expect, test } from '@playwright/test';
import { openPage } from '../../examples/garage/drive/steps.mjs';
import { serveGarage } from '../../examples/garage/serve.mjs';
import { serveWhatIf } from '../../examples/what-if/serve.mjs';
import { violationsOn } from './axe.mjs';

const sites = [];
test.afterAll(async () => {
  for (const site of sites) await site.close();
});

async function urlOf(serving) {
  const site = await serving;
  sites.push(site);
  return site.url;
}

async function expectNoViolations(page) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    expect(await violationsOn(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 800 });
  expect(await violationsOn(page)).toEqual([]);
}

test('the garage has no violations', async ({ page }) => {
  await openPage(page, await urlOf(serveGarage(7380)));
  await expectNoViolations(page);
});

test('the comparison of policies has no violations, before and with its results', async ({ page }) => {
  await page.goto(await urlOf(serveWhatIf(7385)));
  expect(await violationsOn(page)).toEqual([]);
  await page.getByLabel('Tasks').fill('500');
  await page.getByRole('button', { name: 'Simulate' }).click();
  await expect(page.locator('#state')).toContainText('3 policies in');
  await expectNoViolations(page);
});
