import { expect, test } from '@playwright/test';
import { insecureOrigin } from '../server/address.mjs';

test.beforeEach(async ({ page }) => {
  await page.goto(`${insecureOrigin}/pages/kit.html`);
  await page.waitForFunction(() => window.kit !== undefined);
  expect(await page.evaluate(() => [window.isSecureContext, 'locks' in navigator])).toEqual([false, false]);
});

test('a page without a secure context, which has no Web Locks, runs tasks in workers', async ({ page }) => {
  const outcome = await page.evaluate(async () => {
    const lot = await kit.openLot();
    return kit.runTask(lot, { payload: { do: 'echo', value: 'insecure' }, units: 2 });
  });
  expect(outcome).toMatchObject({ status: 'completed', result: 'insecure' });
});

test('without Web Locks a worker that is gone is noticed by its silence', async ({ page }) => {
  const outcome = await page.evaluate(async () => {
    const { manualClock } = await import('/package/testing.js');
    const clock = manualClock();
    const lot = await kit.openLot({ clock });
    const task = await lot.pool('llm').submit({ payload: { do: 'closeItself' }, max_lost: 0 });
    const outcome = kit.outcomeOf(task);
    await kit.firstProgress(task);
    for (let second = 0; second < 90; second += 5) await clock.advance(5000);
    return outcome;
  });
  expect(outcome).toMatchObject({ status: 'failed', reason: 'lost' });
});
