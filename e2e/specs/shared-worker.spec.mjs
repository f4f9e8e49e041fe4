import { expect, openKit, test } from './kit-page.mjs';

const url = '/pages/lot.worker.js';

/** Connects the page to the shared worker, and lends it workers if told so. */
async function connect(page, { lend }) {
  await page.evaluate(
    async ([url, lend]) => {
      const shared = new SharedWorker(url, { type: 'module' });
      shared.port.start();
      kit.shared = shared;
      if (lend) kit.lent = await kit.serveDelegatedWorkers(shared, { llm: () => kit.worker() });
    },
    [url, lend],
  );
}

function ask(page, question) {
  return page.evaluate((question) => kit.ask(kit.shared.port, question), question);
}

test("a lot in a shared worker runs its tasks in the page's workers", async ({ page }) => {
  await connect(page, { lend: true });
  expect(
    await ask(page, { do: 'run', spec: { payload: { do: 'echo', value: 'lent' }, units: 2 } }),
  ).toMatchObject({
    status: 'completed',
    result: 'lent',
  });
  expect(await page.evaluate(() => kit.made.length)).toBe(1);
});

test('without a page that lends workers a task stays parked, and it runs when one comes', async ({
  page,
  context,
}) => {
  await connect(page, { lend: false });
  const id = await ask(page, { do: 'submit', spec: { payload: { do: 'echo', value: 1 } } });
  expect(await ask(page, { do: 'status', id })).toBe('queued');
  const second = await context.newPage();
  await openKit(second);
  await connect(second, { lend: true });
  await expect.poll(() => ask(page, { do: 'status', id })).toBe('completed');
});

test('without a page a task runs inline where an inline handler is given', async ({ page }) => {
  await connect(page, { lend: false });
  const question = { do: 'run', pool: 'inline', spec: { payload: { value: 'here' } } };
  expect(await ask(page, question)).toMatchObject({ status: 'completed', result: 'inline here' });
});

test('when the page that runs a task is closed, another page repeats it', async ({ page, context }) => {
  const lender = await context.newPage();
  await openKit(lender);
  await connect(lender, { lend: true });
  await connect(page, { lend: false });
  const id = await ask(page, {
    do: 'submit',
    spec: { payload: { do: 'waitThenEcho', value: 'survived' }, units: 4 },
  });
  await expect.poll(() => ask(page, { do: 'status', id })).toBe('running');
  await lender.close();
  await page.evaluate(async () => {
    await kit.serveDelegatedWorkers(kit.shared, { llm: () => kit.worker() });
  });
  await expect.poll(() => ask(page, { do: 'status', id })).toBe('completed');
});

test('when a page takes its workers back, another page repeats their tasks', async ({ page, context }) => {
  const lender = await context.newPage();
  await openKit(lender);
  await connect(lender, { lend: true });
  await connect(page, { lend: false });
  const id = await ask(page, {
    do: 'submit',
    spec: { payload: { do: 'waitThenEcho', value: 'survived' }, units: 4 },
  });
  await expect.poll(() => ask(page, { do: 'status', id })).toBe('running');
  await lender.evaluate(() => kit.lent.close());
  await page.evaluate(async () => {
    await kit.serveDelegatedWorkers(kit.shared, { llm: () => kit.worker() });
  });
  await expect.poll(() => ask(page, { do: 'status', id })).toBe('completed');
});
