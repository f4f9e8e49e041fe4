import { call, garage, open, openTab, plates } from './garage-kit.mjs';
import { expect, seededRandom, stopServiceWorkers, test } from './kit-page.mjs';
import { freshDatabase } from './tabs-kit.mjs';

const stored = (database, kind = 'idbfs') => ({
  ...garage,
  storage: kind === 'opfs' ? { type: kind, directory: database } : { type: kind, database },
});

/** Registers the service worker and answers how this page asks it. */
async function register(page, config, script = 'gate.worker.js') {
  await page.evaluate(async (script) => {
    await navigator.serviceWorker.register(`/pages/${script}`, { type: 'module', scope: '/pages/' });
    kit.active = (await navigator.serviceWorker.ready).active;
  }, script);
  const ask = (question) =>
    page.evaluate((question) => kit.ask(kit.active, question, navigator.serviceWorker), { config, ...question });
  const gate = (method, ...args) => ask({ do: 'call', method, args });
  return { ask, gate, plates: async () => (await gate('tickets')).map(({ plate }) => plate) };
}

for (const opener of ['garages', 'lot']) {
  test(`a service worker alone keeps a garage, opened as ${opener}: stopped and woken it has all that it was told`, async ({
    page,
    context,
  }) => {
    const { ask } = await register(page, stored(freshDatabase()));
    const gate = (method, ...args) => ask({ do: 'call', opener, method, args });
    const { ticket } = await gate('enter', { plate: 'S-1' });
    await gate('enter', { plate: 'S-2' });
    expect(await gate('pay', { ticket, amount: 150 })).toMatchObject({ due: 0 });
    const life = await ask({ do: 'life' });
    await stopServiceWorkers(page, context);
    expect(await gate('enter', { plate: 'S-2' })).toMatchObject({ code: 'already_parked' });
    expect(await ask({ do: 'life' })).not.toBe(life);
    expect(await gate('exit', { ticket })).toMatchObject({ price: 150, paidHere: 0 });
    expect((await gate('tickets')).map(({ plate }) => plate)).toEqual(['S-2']);
    expect((await gate('audit')).map(({ action }) => action)).toEqual(expect.arrayContaining(['enter', 'pay', 'exit']));
  });
}

for (const kind of ['idbfs', 'opfs']) {
  test(`a service worker visits the garage in ${kind} of a tab, and is stopped and woken beside it`, async ({
    page,
    context,
  }) => {
    const database = freshDatabase();
    await open(page, database, { kind });
    const worker = await register(page, stored(database, kind));
    const { ticket, spots } = await worker.gate('enter', { plate: 'S-1' });
    await call(page, 'enter', { plate: 'T-1' });
    expect(await plates(page)).toEqual(['S-1', 'T-1']);
    await stopServiceWorkers(page, context);
    expect(await worker.plates()).toEqual(['S-1', 'T-1']);
    expect(await worker.gate('exit', { ticket })).toMatchObject({ code: 'payment_required' });
    await worker.gate('exit', { ticket, paidHere: true });
    await expect.poll(() => page.evaluate(() => heard)).toContainEqual({ what: 'spots', spots, state: 'free' });
    expect(await plates(page)).toEqual(['T-1']);
  });
}

test('a service worker owns a garage when its tab is closed, and gives it to the tab that comes, as often as that happens', async ({
  page,
  context,
}) => {
  const database = freshDatabase();
  const worker = await register(page, stored(database));
  await worker.gate('enter', { plate: 'S-0' });
  const expected = ['S-0'];
  for (const round of [1, 2]) {
    const tab = await openTab(context, database);
    expect(await plates(tab)).toEqual(expected);
    // It answers what it has heard before it gives the garage away.
    await expect.poll(() => worker.ask({ do: 'owns' })).toBe(false);
    await call(tab, 'enter', { plate: `T-${round}` });
    await tab.close();
    // Sent to the tab that was about to end, nobody knows whether it was done.
    const { code } = await worker.gate('enter', { plate: `S-${round}` });
    if (code === 'unconfirmed') await worker.gate('enter', { plate: `S-${round}` });
    expected.push(`T-${round}`, `S-${round}`);
    expect(await worker.plates()).toEqual(expected);
    expect(await worker.ask({ do: 'owns' })).toBe(true);
  }
});

test('what a service worker is doing when a tab takes its garage over is done once', async ({ page, context }) => {
  const database = freshDatabase();
  const worker = await register(page, stored(database));
  await worker.gate('occupancy');
  const entering = Promise.all([1, 2, 3, 4, 5].map((i) => worker.gate('enter', { plate: `S-${i}` })));
  const tab = await openTab(context, database);
  for (const answer of await entering) expect(answer).toMatchObject({ ticket: expect.any(String) });
  expect(await plates(tab)).toEqual(['S-1', 'S-2', 'S-3', 'S-4', 'S-5']);
});

test('a place in the lane outlives the service worker that asked for it', async ({ page, context }) => {
  const worker = await register(page, stored(freshDatabase()));
  for (let i = 1; i <= 6; i++) await worker.gate('enter', { plate: `F-${i}` });
  await worker.ask({ do: 'wait', plate: 'W-1' });
  await stopServiceWorkers(page, context);
  expect(await worker.gate('occupancy')).toMatchObject({ waiting: 1 });
  await worker.gate('exit', { plate: 'F-3', paidHere: true });
  expect(await worker.plates()).toContain('W-1');
});

test('over files of the origin a service worker owns nothing: it waits for a tab that does, and says so in the end', { tag: '@long' }, async ({
  page,
}) => {
  const database = freshDatabase();
  const worker = await register(page, stored(database, 'opfs'));
  expect(await worker.gate('occupancy')).toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringMatching(/No tab or worker has been able to open opfs:/),
  });
  await open(page, database, { kind: 'opfs' });
  await worker.gate('enter', { plate: 'S-1' });
  expect(await plates(page)).toEqual(['S-1']);
});

test('a service worker that is not given what keeps garages is told where it is', async ({ page }) => {
  const config = stored(freshDatabase());
  const { ask } = await register(page, config, 'garage.worker.js');
  expect(await ask({ method: 'tickets', args: [] })).toMatch(
    /^unavailable: .*import \{ garageStorage \} from 'prometheus-parking-lot\/garage-storage'/,
  );
});

test('while a service worker is stopped at random and tabs come and go, each vehicle gets in once and stays', async ({
  page,
  context,
}) => {
  test.setTimeout(120_000);
  const below = seededRandom();
  const database = freshDatabase();
  const config = { ...garage, levels: { P1: { 'A-T': 900 } } };
  await register(page, { ...config, storage: { type: 'idbfs', database } });
  // Drives vehicle after vehicle to the worker, each until it is told that it is in: an answer may go with the worker.
  await page.evaluate(
    (config) => {
      window.told = [];
      window.isOver = false;
      const enter = async (plate) => {
        const question = { do: 'call', config, method: 'enter', args: [{ plate }] };
        const late = new Promise((resolve) => setTimeout(resolve, 1500));
        const answer = await Promise.race([kit.ask(kit.active, question, navigator.serviceWorker), late]);
        told.push({ plate, code: answer ? answer.code : 'late', ticket: answer?.ticket });
        if (answer?.ticket === undefined && answer?.code !== 'already_parked') await enter(plate);
      };
      window.driving = Promise.all(
        [0, 1, 2].map(async (lane) => {
          for (let i = 0; !isOver; i++) await enter(`v${lane}-${i}`);
        }),
      );
    },
    { ...config, storage: { type: 'idbfs', database } },
  );
  const open = () => openTab(context, database, { config });
  let tab;
  for (let round = 0; round < 14; round++) {
    await page.waitForTimeout(100 + below(500));
    const what = ['stop', 'stop', 'tab', 'both'][below(4)];
    const opening = what === 'stop' ? undefined : tab ? tab.close() : open();
    if (what !== 'tab') await stopServiceWorkers(page, context);
    if (opening !== undefined) tab = await opening;
  }
  await page.evaluate(() => {
    window.isOver = true;
    return driving;
  });
  await tab?.close();
  const told = await page.evaluate(() => window.told);
  const last = await open();
  const tickets = await call(last, 'tickets');
  const byPlate = new Map(tickets.map(({ plate, ticket }) => [plate, ticket]));
  expect(byPlate.size).toBe(tickets.length);
  expect([...byPlate.keys()].sort()).toEqual([...new Set(told.map(({ plate }) => plate))].sort());
  for (const { plate, ticket } of told) if (ticket) expect(byPlate.get(plate), plate).toBe(ticket);
  for (const { code } of told) expect([undefined, 'late', 'unconfirmed', 'already_parked']).toContain(code);
  expect((await call(last, 'occupancy')).occupied).toBe(tickets.length);
});
