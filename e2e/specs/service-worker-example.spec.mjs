import { expect, test } from '@playwright/test';
import { serveSeals } from '../../examples/service-worker/serve.mjs';
import { violationsOn } from './axe.mjs';
import { stopServiceWorkers } from './kit-page.mjs';

let site;
test.beforeAll(async () => {
  site = await serveSeals(7360);
});
test.afterAll(async () => {
  await site.close();
});

/** The page, and whatever its security policy blocks or its scripts throw. */
async function open(page) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(site.url);
  await expect(page.locator('#units')).toContainText('of 4 units in use');
  return complaints;
}

const names = (page) => page.locator('#messages b').allTextContents();
const samples = ['amber', 'basalt', 'cedar', 'dune', 'ember', 'fjord', 'grove', 'heath'];

test('a service worker that was stopped in mid-work runs again what it interrupted, and each seal arrives once', async ({ page, context }) => {
  const complaints = await open(page);
  await page.getByRole('button', { name: 'Eight samples' }).click();
  await expect(page.locator('#units')).toHaveText('4 of 4 units in use');
  await stopServiceWorkers(page, context);
  await expect(page.locator('#tasks')).toContainText('interrupted and run again');
  await expect(page.locator('#life')).toContainText('1 stop since this page was opened');
  await expect(page.locator('#unread')).toHaveText('8', { timeout: 60_000 });
  expect((await names(page)).sort()).toEqual(samples);
  await page.getByRole('button', { name: 'Acknowledge all' }).click();
  await expect(page.locator('#unread')).toHaveText('0');
  await stopServiceWorkers(page, context);
  await page.reload();
  await expect(page.locator('#no-messages')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('seals are made while no page is open, and wait in the mailbox for the one that comes back', async ({ page, context }) => {
  await open(page);
  await page.getByRole('button', { name: 'Eight samples' }).click();
  await expect(page.locator('#units')).toHaveText('4 of 4 units in use');
  const elsewhere = await context.newPage();
  await page.close();
  await elsewhere.waitForTimeout(1000);
  const back = await context.newPage();
  const complaints = await open(back);
  await expect(back.locator('#greeting')).toContainText('Back again:');
  await expect(back.locator('#unread')).toHaveText('8', { timeout: 60_000 });
  expect((await names(back)).sort()).toEqual(samples);
  expect(complaints).toEqual([]);
});

test('a seal can be made anew from its text and its id', async ({ page }) => {
  await open(page);
  await page.getByLabel('Text').fill('a letter to myself');
  await page.getByRole('button', { name: 'Submit' }).click();
  await expect(page.locator('#messages b')).toHaveText('a letter to myself', { timeout: 30_000 });
  const sealed = await page.locator('#messages code').textContent();
  const again = await page.evaluate(async () => {
    const { seal } = await import('./seal.js');
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    const seen = await new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data.answer);
      active.postMessage({ ask: 'look' }, [port2]);
    });
    const [{ taskId }] = seen.messages;
    return (await seal({ text: 'a letter to myself', salt: taskId, units: 1 })).seal;
  });
  expect(again).toBe(sealed);
});

test('the page has no violations in light, dark and narrow', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: 'Eight samples' }).click();
  await expect(page.locator('#unread')).not.toHaveText('0', { timeout: 30_000 });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    expect(await violationsOn(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await violationsOn(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});
