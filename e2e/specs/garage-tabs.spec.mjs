import { expect, test } from '@playwright/test';
import { call, garage, open, openTab, plates } from './garage-kit.mjs';
import { openKit } from './kit-page.mjs';
import { freshDatabase } from './tabs-kit.mjs';

test('a dedicated worker and its page share a garage in files of the origin, and go on without each other', async ({
  context,
}) => {
  const database = freshDatabase();
  const page = await openTab(context, database, { kind: 'opfs' });
  await call(page, 'enter', { plate: 'P-1' });
  const inWorker = (method, ...args) =>
    page.evaluate(
      ({ config, directory, method, args }) => {
        window.worker ??= new Worker('/pages/garage.worker.js', { type: 'module' });
        return kit.ask(worker, { config: { ...config, storage: { type: 'opfs', directory } }, method, args });
      },
      { config: garage, directory: database, method, args },
    );
  await inWorker('enter', { plate: 'W-1' });
  expect(await plates(page)).toEqual(['P-1', 'W-1']);
  await page.evaluate(() => lot.close());
  const platesAfter = async (plate) => {
    await inWorker('enter', { plate });
    return (await inWorker('tickets')).map((ticket) => ticket.plate);
  };
  await expect.poll(() => platesAfter('W-2')).toContain('W-2');
  await page.evaluate(() => worker.terminate());
  await open(page, database, { kind: 'opfs' });
  expect(await plates(page)).toEqual(['P-1', 'W-1', 'W-2']);
});

test('a shared worker owns a garage while no tab does, and visits the tab that comes', async ({ context }) => {
  const database = freshDatabase();
  const [page, stored] = [await context.newPage(), { ...garage, storage: { type: 'idbfs', database } }];
  await openKit(page);
  const inWorker = (method, ...args) =>
    page.evaluate(
      (question) => {
        window.port ??= new SharedWorker('/pages/garage.worker.js', { type: 'module' }).port;
        port.start();
        return kit.ask(port, question);
      },
      { config: stored, method, args },
    );
  await inWorker('enter', { plate: 'S-1' });
  await open(page, database);
  expect(await plates(page)).toEqual(['S-1']);
  await inWorker('enter', { plate: 'S-2' });
  await call(page, 'enter', { plate: 'P-1' });
  expect((await inWorker('tickets')).map(({ plate }) => plate)).toEqual(['S-1', 'S-2', 'P-1']);
  await page.evaluate(() => lot.close());
  const platesAfter = async (plate) => {
    await inWorker('enter', { plate });
    return (await inWorker('tickets')).map((ticket) => ticket.plate);
  };
  await expect.poll(() => platesAfter('S-3')).toContain('S-3');
});

for (const kind of ['idbfs', 'opfs']) {
  test(`two tabs use one garage in ${kind}: what either does, both see and hear`, async ({ context }) => {
    const database = freshDatabase();
    const gate = await openTab(context, database, { kind });
    const desk = await openTab(context, database, { kind });
    const { ticket, spots } = await call(gate, 'enter', { plate: 'B-1' });
    await call(desk, 'enter', { plate: 'B-2' });
    expect(await plates(gate)).toEqual(['B-1', 'B-2']);
    expect(await plates(desk)).toEqual(['B-1', 'B-2']);
    expect(await call(desk, 'enter', { plate: 'B-1' })).toMatchObject({ code: 'already_parked' });
    const exit = await desk.evaluate((at) => g.exit(at).catch(({ code, due, field }) => ({ code, due, field })), {
      ticket,
    });
    expect(exit).toMatchObject({ code: 'payment_required', due: 150 });
    expect(await call(desk, 'pay', { ticket, amount: 150 })).toMatchObject({ due: 0 });
    expect(await call(gate, 'exit', { ticket })).toMatchObject({ price: 150 });
    for (const page of [gate, desk]) {
      await expect
        .poll(() => page.evaluate(() => heard.filter(({ what }) => what === 'spots')))
        .toContainEqual({ what: 'spots', spots, state: 'free' });
    }
    const { occupancy, tickets } = await call(desk, 'at', Date.now() + 1000);
    expect([occupancy.occupied, tickets.map(({ plate }) => plate)]).toEqual([1, ['B-2']]);
    const audit = await call(desk, 'audit', { subject: { kind: 'vehicle', id: 'B-1' } });
    expect(audit.map(({ action }) => action)).toEqual(['enter', 'pay', 'exit']);
    await call(desk, 'erase', { plate: 'B-1', by: 'ann', reason: 'asked for it' });
    expect((await call(gate, 'ticket', { ticket })).plate).toBe('erased:v1');
    const days = await Promise.all([gate, desk].map((page) => call(page, 'simulateDay', 'quiet', 3)));
    expect(days[0]).toEqual(days[1]);
    await expect(desk.evaluate(() => g.planDay('late'))).rejects.toThrow(/must be quiet, usual or busy/);
  });
}

test('a tab with another config is refused, with what is wrong with its config if that is it', async ({ context }) => {
  const database = freshDatabase();
  const owner = await openTab(context, database);
  const other = await context.newPage();
  await openKit(other);
  const more = { ...garage, levels: { P1: { A: 7 } } };
  await expect(open(other, database, { config: more })).rejects.toThrow(/another config.*close it there/);
  const wrong = { ...garage, zone: 'Europe/Atlantis' };
  await expect(open(other, database, { config: wrong })).rejects.toThrow(/garages\.g\.zone: is no time zone/);
  await expect(open(other, database, { config: { levels: 3 } })).rejects.toThrow(/garages\.g\.levels/);
  await owner.close();
  await open(other, database, { config: garage });
  expect(await plates(other)).toEqual([]);
});

test('a config that is wrong is refused with all issues also where nobody owns, and the next tab opens', async ({
  context,
}) => {
  const database = freshDatabase();
  const page = await context.newPage();
  await openKit(page);
  const wrong = { ...garage, zone: 'Europe/Atlantis' };
  await expect(open(page, database, { config: wrong })).rejects.toThrow(/garages\.g\.zone: is no time zone/);
  await open(page, database);
  expect(await plates(page)).toEqual([]);
});

test('a page that cannot load the worker says so', async ({ context }) => {
  await context.route('**/garage-worker.js', (route) => route.fulfill({ status: 404, body: '' }));
  const page = await context.newPage();
  await openKit(page);
  await expect(open(page, freshDatabase())).rejects.toThrow(/garage-worker\.js\).*could not be loaded/);
});

test('garages in memory beside a stored one are those of their own tab', async ({ context }) => {
  const database = freshDatabase();
  const openBoth = async () => {
    const page = await context.newPage();
    await openKit(page);
    await page.evaluate(
      async ({ garage, database }) => {
        const { Garages } = await import('/package/garage.js');
        const garages = { volatile: garage, g: { ...garage, storage: { type: 'idbfs', database } } };
        window.all = await Garages.open({ garages });
        window.g = all.garage('g');
        await all.garage('volatile').enter({ plate: 'M-1' });
      },
      { garage, database },
    );
    return page;
  };
  const first = await openBoth();
  const second = await openBoth();
  await call(first, 'enter', { plate: 'B-1' });
  expect(await plates(second)).toEqual(['B-1']);
  expect(await second.evaluate(() => all.names)).toEqual(['volatile', 'g']);
});

test('garages in two stores are owned together, and refused to who wants one of them alone', async ({ context }) => {
  const [first, second] = [freshDatabase(), freshDatabase()];
  const stored = (database) => ({ ...garage, storage: { type: 'idbfs', database } });
  const openAll = async (page, garages) => {
    await openKit(page);
    await page.evaluate(async (garages) => {
      const { Garages } = await import('/package/garage.js');
      window.all = await Garages.open({ garages });
      window.g = all.garage('b');
    }, garages);
  };
  const both = { a: stored(first), b: stored(second) };
  const [owner, visitor, other] = [await context.newPage(), await context.newPage(), await context.newPage()];
  await openAll(owner, both);
  await openAll(visitor, both);
  await call(visitor, 'enter', { plate: 'B-1' });
  await expect(openAll(other, { b: stored(second) })).rejects.toThrow(/belong to another tab/);
  await owner.close();
  expect(await plates(visitor)).toEqual(['B-1']);
  await visitor.close();
  // A tab that is closed gives its locks back a moment later.
  await expect(() => openAll(other, { b: stored(second) })).toPass();
  expect(await plates(other)).toEqual(['B-1']);
});

test('a second open in one tab shares the garage, and the first to close does not take it away', async ({ context }) => {
  const database = freshDatabase();
  const page = await openTab(context, database);
  await call(page, 'enter', { plate: 'B-1' });
  await page.evaluate(() => {
    window.first = lot;
  });
  await open(page, database);
  expect(await plates(page)).toEqual(['B-1']);
  await page.evaluate(() => first.close());
  expect(await plates(page)).toEqual(['B-1']);
  expect(await page.evaluate(() => first.garage('g').tickets().catch(({ code }) => code))).toBe('closed');
});

test('what is stored is there when all tabs were closed and one comes back', async ({ context }) => {
  const database = freshDatabase();
  const tabs = [await openTab(context, database), await openTab(context, database)];
  await call(tabs[0], 'enter', { plate: 'B-1' });
  await call(tabs[1], 'enter', { plate: 'B-2' });
  for (const tab of tabs) await tab.close();
  expect(await plates(await openTab(context, database))).toEqual(['B-1', 'B-2']);
});
