import { expect, test } from './kit-page.mjs';

/** Runs one task, then one that needs every unit of the pool: it completes only if the first left none taken. */
async function runAndUseAllUnits(page, spec, options) {
  return page.evaluate(
    async ([spec, options]) => {
      const lot = await kit.openLot(options);
      const outcome = await kit.runTask(lot, spec);
      const next = await kit.runTask(lot, {
        payload: { do: 'echo', value: 'next' },
        units: 4,
        deadline: '20s',
      });
      return { outcome, next };
    },
    [spec, options],
  );
}

const nextRan = { status: 'completed', result: 'next' };

test('what a task throws is its error, and its units are free', async ({ page }) => {
  const { outcome, next } = await runAndUseAllUnits(page, {
    payload: { do: 'throw', message: 'too deep' },
    units: 4,
  });
  expect(outcome).toMatchObject({
    status: 'failed',
    reason: 'task_failed',
    error: { name: 'RangeError', message: 'too deep' },
  });
  expect(next).toMatchObject(nextRan);
});

for (const deed of ['rejectUnseen', 'throwInTimer']) {
  test(`an error that nobody catches (${deed}) fails its task, and its units are free`, async ({ page }) => {
    const { outcome, next } = await runAndUseAllUnits(page, {
      payload: { do: deed, message: 'unseen' },
      units: 4,
    });
    expect(outcome).toMatchObject({ status: 'failed', error: { name: 'RangeError', message: 'unseen' } });
    expect(next).toMatchObject(nextRan);
  });
}

test('a worker that closes itself loses its task, which is repeated in a fresh worker', async ({ page }) => {
  const { outcome } = await runAndUseAllUnits(page, {
    payload: { do: 'closeItselfOnce', value: 'second time' },
  });
  expect(outcome).toMatchObject({ status: 'completed', result: 'second time', attempt: 2 });
});

test('a task that must never run twice fails as lost with its worker, and its units are free', async ({
  page,
}) => {
  const { outcome, next } = await runAndUseAllUnits(page, {
    payload: { do: 'closeItself' },
    units: 4,
    max_lost: 0,
  });
  expect(outcome).toMatchObject({ status: 'failed', reason: 'lost' });
  expect(next).toMatchObject(nextRan);
});

test('a worker that is terminated from outside loses its task, which settles', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot();
    const task = await lot.pool('llm').submit({ payload: { do: 'waitForStop' }, units: 4, max_lost: 0 });
    await kit.firstProgress(task);
    kit.made[0].terminate();
    const outcome = await kit.outcomeOf(task);
    const next = await kit.runTask(lot, {
      payload: { do: 'echo', value: 'next' },
      units: 4,
      deadline: '20s',
    });
    return { outcome, next, workers: kit.made.length };
  });
  expect(seen.outcome).toMatchObject({ status: 'failed', reason: 'lost' });
  expect(seen.next).toMatchObject(nextRan);
  expect(seen.workers).toBe(2);
});

test('cancelling a running task aborts its signal, and its units are free', async ({ page }) => {
  const seen = await page.evaluate(async () => {
    const lot = await kit.openLot();
    const task = await lot.pool('llm').submit({ payload: { do: 'waitForStop' }, units: 4 });
    await kit.firstProgress(task);
    await lot.pool('llm').cancel(task.id);
    const outcome = await kit.outcomeOf(task);
    const next = await kit.runTask(lot, {
      payload: { do: 'echo', value: 'next' },
      units: 4,
      deadline: '20s',
    });
    return { outcome, next, workers: kit.made.length };
  });
  expect(seen.outcome).toMatchObject({ status: 'dropped', reason: 'cancelled' });
  expect(seen.next).toMatchObject(nextRan);
  expect(seen.workers).toBe(1);
});

test('a synchronous task that never ends is ended at its timeout, with its worker', async ({ page }) => {
  const { outcome, next } = await runAndUseAllUnits(page, {
    payload: { do: 'spin' },
    units: 4,
    timeout: '300ms',
  });
  expect(outcome).toMatchObject({ status: 'expired', reason: 'timed_out' });
  expect(next).toMatchObject(nextRan);
});

test('a synchronous task that outlasts its lease is not taken for lost', async ({ page }) => {
  const { outcome } = await runAndUseAllUnits(
    page,
    { payload: { do: 'spinFor', ms: 2500 }, max_lost: 0 },
    { pool: { heartbeat_secs: 0.2, lease_secs: 0.6 } },
  );
  expect(outcome).toMatchObject({ status: 'completed', result: 'done', attempt: 1 });
});

test('a result that cannot be cloned fails its task with a clear text', async ({ page }) => {
  const { outcome } = await runAndUseAllUnits(page, { payload: { do: 'returnFunction' } });
  expect(outcome).toMatchObject({ status: 'failed', reason: 'task_failed' });
  expect(outcome.error.message).toContain('cannot leave its worker');
});

for (const [script, text] of [
  ['/pages/missing.worker.js', 'could not be loaded'],
  ['/pages/broken.worker.js', 'broken at its first line'],
]) {
  test(`a worker script that does not start (${script}) fails its tasks after a few tries`, async ({
    page,
  }) => {
    const seen = await page.evaluate(async (url) => {
      const lot = await kit.openLot({ workers: () => kit.worker(url) });
      const outcome = await kit.runTask(lot, { payload: {}, max_lost: 1 });
      return { outcome, workers: kit.made.length };
    }, script);
    expect(seen.outcome).toMatchObject({ status: 'failed', reason: 'executor_failed' });
    expect(seen.outcome.error.message).toContain(text);
    expect(seen.workers).toBe(2);
  });
}

test('a worker that never calls serveTasks is given up after its start-up time', async ({ page }) => {
  const outcome = await page.evaluate(async () => {
    const workers = { create: () => kit.worker('/pages/silent.worker.js'), startupTimeoutMs: 300 };
    const lot = await kit.openLot({ workers });
    return kit.runTask(lot, { payload: {}, max_lost: 0 });
  });
  expect(outcome).toMatchObject({ status: 'failed', reason: 'executor_failed' });
  expect(outcome.error.message).toContain('did not call serveTasks');
});
