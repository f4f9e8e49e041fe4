import { expect, test } from './kit-page.mjs';

test('a task runs in a module worker, reports progress, and its outcome reaches the mailbox', async ({
  page,
}) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot();
    const mailbox = { tenant: 'acme', user: 'ann' };
    const task = await lot.pool('llm').submit({ payload: { do: 'steps', count: 3 }, units: 2, mailbox });
    const steps = [];
    for await (const step of task.progress()) steps.push(step);
    const outcome = await kit.outcomeOf(task);
    const messages = await lot.mailbox(mailbox).fetch();
    return {
      steps,
      outcome,
      messages: messages.map(({ taskId, status }) => ({ taskId, status })),
      id: task.id,
    };
  });
  expect(seen.steps).toEqual([1, 2, 3]);
  expect(seen.outcome).toMatchObject({ status: 'completed', result: 3, attempt: 1 });
  expect(seen.messages).toEqual([{ taskId: seen.id, status: 'completed' }]);
});

test('workers are kept warm: ten tasks in a row need one worker', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot();
    for (let i = 0; i < 9; i += 1) await kit.runTask(lot, { payload: { do: 'echo', value: i } });
    const last = await kit.runTask(lot, { payload: { do: 'countRuns' } });
    return { workers: kit.made.length, runs: last.result };
  });
  expect(seen).toEqual({ workers: 1, runs: 10 });
});

test('a classic worker serves tasks through import()', async ({ page }) => {
  const outcome = await page.evaluate(async () => {
    const lot = await kit.openLot({ workers: () => kit.worker('/pages/classic.worker.js', {}) });
    return kit.runTask(lot, { payload: { value: 'worker' } });
  });
  expect(outcome).toMatchObject({ status: 'completed', result: 'classic worker' });
});

test('a transferred buffer arrives whole', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot();
    const { result } = await kit.runTask(lot, { payload: { do: 'pixels', bytes: 1_000_000 } });
    return [result.pixels.length, result.pixels[999_999]];
  });
  expect(seen).toEqual([1_000_000, 7]);
});

test('after a reload a new lot works', async ({ page }) => {
  await page.evaluate(async () => {
    const lot = await kit.openLot();
    const task = await lot.pool('llm').submit({ payload: { do: 'waitForStop' }, units: 4 });
    await kit.firstProgress(task);
  });
  await page.reload();
  await page.waitForFunction(() => window.kit !== undefined);
  const outcome = await page.evaluate(async () => {
    const lot = await kit.openLot();
    return kit.runTask(lot, { payload: { do: 'echo', value: 'again' }, units: 4 });
  });
  expect(outcome).toMatchObject({ status: 'completed', result: 'again' });
});

test('closing the lot settles what still runs and ends its workers', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot();
    const task = await lot.pool('llm').submit({ payload: { do: 'waitForStop' } });
    await kit.firstProgress(task);
    const settled = task.outcome().then(
      () => 'settled',
      () => 'settled',
    );
    await lot.close();
    return settled;
  });
  expect(seen).toBe('settled');
  // A worker holds a lock as long as it lives.
  await expect.poll(() => page.evaluate(async () => (await navigator.locks.query()).held.length)).toBe(0);
});
