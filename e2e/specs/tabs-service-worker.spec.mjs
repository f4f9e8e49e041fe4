import { expect, openKit, stopServiceWorkers, test } from './kit-page.mjs';
import { freshDatabase, openLotIn, outcome, submit, untilSeen } from './tabs-kit.mjs';

async function register(page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/pages/stored.worker.js', { type: 'module', scope: '/pages/' });
    kit.active = (await navigator.serviceWorker.ready).active;
  });
}

function ask(page, question) {
  return page.evaluate((question) => kit.ask(kit.active, question, navigator.serviceWorker), question);
}

test('with no tab on the database a service worker leads, and what it was told survives its end', async ({
  page,
  context,
}) => {
  const database = freshDatabase();
  await register(page);
  const spec = { taskId: 'kept', payload: { name: 'kept' } };
  expect(await ask(page, { do: 'submit', database, spec })).toMatchObject({
    id: 'kept',
    durability: 'durable',
  });
  expect(await ask(page, { do: 'function', database, value: 5 })).toBe(5);
  const life = await ask(page, { do: 'life' });
  await stopServiceWorkers(page, context);
  expect(await ask(page, { do: 'status', database, id: 'kept' })).toBe('queued');
  expect(await ask(page, { do: 'life' })).not.toBe(life);
  expect(await ask(page, { do: 'submit', database, spec })).toMatchObject({ joined: true });
});

test('a tab that opens the database takes the lead, and the service worker follows', async ({ page }) => {
  const database = freshDatabase();
  await register(page);
  await ask(page, {
    do: 'submit',
    database,
    spec: { taskId: 'first', payload: { name: 'first', value: 1 } },
  });
  await openLotIn(page, database);
  await untilSeen(page, 'first', 'end');
  const spec = { taskId: 'second', payload: { name: 'second', value: 2 } };
  expect(await ask(page, { do: 'run', database, spec })).toEqual({ status: 'completed', result: 2 });
  expect(await ask(page, { do: 'status', database, id: 'first' })).toBe('completed');
});

test('a service worker that follows takes the lead when the last tab has gone', async ({ page, context }) => {
  const database = freshDatabase();
  const tab = await context.newPage();
  await openKit(tab);
  await openLotIn(tab, database, { runs: false });
  await register(page);
  await submit(tab, { taskId: 'of the tab', payload: { name: 'x' } });
  expect(await ask(page, { do: 'status', database, id: 'of the tab' })).toBe('queued');
  await tab.close();
  expect(await ask(page, { do: 'status', database, id: 'of the tab' })).toBe('queued');
  await openLotIn(page, database);
  await submit(page, { taskId: 'of the tab', payload: { name: 'x' } });
  expect(await outcome(page, 'of the tab')).toMatchObject({ status: 'completed', result: 'x' });
});

test('a shared worker leads while no tab does, follows when one comes, and goes on when it leaves', async ({
  page,
  context,
}) => {
  const database = freshDatabase();
  await page.evaluate(() => {
    kit.shared = new SharedWorker('/pages/stored.worker.js', { type: 'module' });
    kit.shared.port.start();
  });
  const askShared = (question) => page.evaluate((question) => kit.ask(kit.shared.port, question), question);
  await askShared({ do: 'submit', database, spec: { taskId: 'first', payload: { name: 'first' } } });
  const tab = await context.newPage();
  await openKit(tab);
  await openLotIn(tab, database);
  await untilSeen(tab, 'first', 'end');
  const spec = { taskId: 'second', payload: { name: 'second', value: 2 } };
  expect(await askShared({ do: 'run', database, spec })).toEqual({ status: 'completed', result: 2 });
  await tab.close();
  expect(await askShared({ do: 'status', database, id: 'second' })).toBe('completed');
});
