import { expect, stopServiceWorkers, test } from './kit-page.mjs';

/** Registers the lot's service worker, and lends it workers if told so. */
async function register(page, { lend }) {
  await page.evaluate(async (lend) => {
    await navigator.serviceWorker.register('/pages/lot.worker.js', { type: 'module', scope: '/pages/' });
    kit.active = (await navigator.serviceWorker.ready).active;
    if (lend) await kit.serveDelegatedWorkers(navigator.serviceWorker, { llm: () => kit.worker() });
  }, lend);
}

function ask(page, question) {
  return page.evaluate((question) => kit.ask(kit.active, question, navigator.serviceWorker), question);
}

test("a lot in a service worker runs its tasks in the page's workers", async ({ page }) => {
  await register(page, { lend: true });
  expect(
    await ask(page, { do: 'run', spec: { payload: { do: 'echo', value: 'lent' }, units: 2 } }),
  ).toMatchObject({
    status: 'completed',
    result: 'lent',
  });
  expect(await page.evaluate(() => kit.made.length)).toBe(1);
});

test('without a page that lends workers its tasks run inline where a handler is given', async ({ page }) => {
  await register(page, { lend: false });
  const question = { do: 'run', pool: 'inline', spec: { payload: { value: 'here' } } };
  expect(await ask(page, question)).toMatchObject({ status: 'completed', result: 'inline here' });
});

test('a service worker that was ended and started again finds its page anew', async ({ page, context }) => {
  await register(page, { lend: true });
  await ask(page, { do: 'run', spec: { payload: { do: 'echo', value: 1 } } });
  const firstLife = await ask(page, { do: 'life' });
  await stopServiceWorkers(page, context);
  const answer = await ask(page, {
    do: 'run',
    spec: { payload: { do: 'echo', value: 'after the restart' } },
  });
  expect(answer).toMatchObject({ status: 'completed', result: 'after the restart' });
  expect(await ask(page, { do: 'life' })).not.toBe(firstLife);
});
