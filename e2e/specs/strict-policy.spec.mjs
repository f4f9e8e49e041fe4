import { test } from '@playwright/test';
import { expect, openKit } from './kit-page.mjs';

test("under script-src 'self' 'wasm-unsafe-eval' tasks run in workers, and nothing is blocked", async ({
  page,
}) => {
  const blocked = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) blocked.push(message.text());
  });
  await openKit(page, 'strict');
  const outcome = await page.evaluate(async () => {
    const lot = await kit.openLot({ workers: () => kit.worker('/strict/task.worker.js') });
    return kit.runTask(lot, { payload: { do: 'echo', value: 'strict' }, units: 2 });
  });
  expect(outcome).toMatchObject({ status: 'completed', result: 'strict' });
  expect(blocked).toEqual([]);
});

test('the policy of these pages does forbid eval', async ({ page }) => {
  await openKit(page, 'strict');
  await page.addScriptTag({ url: '/strict/eval.js' });
  expect(await page.evaluate(() => window.evalSays)).toBe('EvalError');
});
