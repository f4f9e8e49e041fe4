import { expect, test } from '@playwright/test';
import { openKit } from './kit-page.mjs';
import { freshDatabase } from './tabs-kit.mjs';

/** Six spots, a fee for each half hour. */
const garage = {
  levels: { P1: { A: 6 } },
  entrances: { south: { P1: 0 } },
  tariffs: { standard: { increment: { length: '30m', fee: 150 }, grace_exit: '10m' } },
};

/** Opens the garage in a page and lets the page keep it, and what it hears of changes, as `g` and `heard`. */
const open = (page, database, { config = garage, kind = 'idbfs' } = {}) =>
  page.evaluate(
    async ({ config, storage }) => {
      const { ParkingLot } = await import('/package/index.js');
      const garages = { g: { ...config, storage } };
      window.lot = await ParkingLot.open({ pools: { p: { max_units: 1 } }, garages });
      window.g = lot.garage('g');
      window.heard = [];
      g.onChange((change) => heard.push(change));
    },
    { config, storage: kind === 'opfs' ? { type: kind, directory: database } : { type: kind, database } },
  );

async function openTab(context, database, options) {
  const page = await context.newPage();
  await openKit(page);
  await open(page, database, options);
  return page;
}

/** A method's answer, or the code with which it was refused. */
const call = (page, method, ...args) =>
  page.evaluate(
    ({ method, args }) => g[method](...args).catch(({ code, due }) => ({ code, due })),
    { method, args },
  );

const plates = async (page) => (await call(page, 'tickets')).map(({ plate }) => plate);

/** Starts an `enter` that waits; `outcome()` tells what became of it. */
async function enterWaiting(page, plate, wait = '10m') {
  await page.evaluate(
    async ({ plate, wait }) => {
      window.entries ??= {};
      await new Promise((onWaiting) => {
        entries[plate] = g
          .enter({ plate, wait, onWaiting })
          .catch(({ code, message }) => ({ code, message }))
          .finally(() => onWaiting());
      });
    },
    { plate, wait },
  );
  return () => page.evaluate((plate) => entries[plate], plate);
}

const fill = async (page) => {
  for (let i = 1; i <= 6; i++) await call(page, 'enter', { plate: `F-${i}` });
};

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
  await inWorker('enter', { plate: 'W-2' });
  await page.evaluate(() => worker.terminate());
  await open(page, database, { kind: 'opfs' });
  expect(await plates(page)).toEqual(['P-1', 'W-1', 'W-2']);
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

const endings = {
  'is closed': (page) => page.close(),
  crashes: (page) => page.goto('chrome://crash').catch(() => undefined),
  'goes elsewhere': (page) => page.goto('about:blank'),
  'closes its lot': (page) => page.evaluate(() => lot.close()),
};

for (const [how, end] of Object.entries(endings)) {
  test(`when the tab that owns the garage ${how}, another one goes on within a second`, async ({ context }) => {
    const database = freshDatabase();
    const owner = await openTab(context, database);
    const visitor = await openTab(context, database);
    await call(owner, 'enter', { plate: 'O-1' });
    await call(visitor, 'enter', { plate: 'V-1' });
    await end(owner);
    const took = await visitor.evaluate(async () => {
      const from = performance.now();
      await g.occupancy();
      return performance.now() - from;
    });
    expect(took).toBeLessThan(2000);
    // If it was sent to the owner that was about to end, nobody knows: then it is looked, and asked again.
    const { code } = await call(visitor, 'enter', { plate: 'V-2' });
    if (code === 'unconfirmed') await call(visitor, 'enter', { plate: 'V-2' });
    expect(await plates(visitor)).toEqual(['O-1', 'V-1', 'V-2']);
    await expect
      .poll(() => visitor.evaluate(() => heard.filter(({ state }) => state === 'occupied').length))
      .toBeGreaterThanOrEqual(2);
  });
}

test('a frozen owner is replaced within 15 seconds, answers nothing more, and visits when it wakes', async ({
  context,
}) => {
  test.setTimeout(90_000);
  const database = freshDatabase();
  const owner = await openTab(context, database);
  const visitor = await openTab(context, database);
  await call(owner, 'enter', { plate: 'O-1' });
  await owner.waitForTimeout(1000);
  const host = owner.workers().find((worker) => worker.url().endsWith('garage-worker.js'));
  const thawed = host.evaluate(() => {
    const end = Date.now() + 25_000;
    while (Date.now() < end);
  });
  await owner.waitForTimeout(200);
  const own = call(owner, 'enter', { plate: 'O-2' });
  const command = visitor.evaluate(() => g.enter({ plate: 'V-1' }).catch(({ code }) => ({ code })));
  const took = await visitor.evaluate(async () => {
    const from = performance.now();
    await g.occupancy();
    return performance.now() - from;
  });
  expect(took).toBeLessThan(15_000);
  expect(await command).toEqual({ code: 'unconfirmed' });
  expect(await plates(visitor)).toEqual(['O-1']);
  expect(await own).toEqual({ code: 'unconfirmed' });
  await thawed;
  expect(await call(owner, 'enter', { plate: 'O-3' })).toMatchObject({ number: 2 });
  expect(await plates(visitor)).toEqual(['O-1', 'O-3']);
});

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

test('what is stored is there when all tabs were closed and one comes back', async ({ context }) => {
  const database = freshDatabase();
  const tabs = [await openTab(context, database), await openTab(context, database)];
  await call(tabs[0], 'enter', { plate: 'B-1' });
  await call(tabs[1], 'enter', { plate: 'B-2' });
  for (const tab of tabs) await tab.close();
  expect(await plates(await openTab(context, database))).toEqual(['B-1', 'B-2']);
});

for (const [how, end] of [
  ['is closed', (page) => page.close()],
  ['closes its lot', (page) => page.evaluate(() => lot.close())],
]) {
  test(`who waits in the lane goes on waiting when the owner ${how}`, async ({ context }) => {
    const database = freshDatabase();
    const owner = await openTab(context, database);
    const visitor = await openTab(context, database);
    await fill(owner);
    const admitted = await enterWaiting(visitor, 'W-1');
    const givenUp = await enterWaiting(visitor, 'W-2');
    const expired = await enterWaiting(visitor, 'W-3', '2s');
    const ofOwner = await enterWaiting(owner, 'W-4');
    await end(owner);
    expect((await call(visitor, 'occupancy')).waiting).toBe(4);
    expect(await expired()).toMatchObject({ code: 'wait_expired' });
    await call(visitor, 'leaveLane', 2);
    expect(await givenUp()).toMatchObject({ code: 'wait_expired' });
    await call(visitor, 'exit', { plate: 'F-3', paidHere: true });
    const entered = await admitted();
    expect(entered).toMatchObject({ ticket: (await call(visitor, 'ticket', { plate: 'W-1' })).ticket, surgePercent: 100 });
    // Nobody waits for the vehicle of the tab that has ended, but its place is its own.
    await call(visitor, 'exit', { plate: 'F-4', paidHere: true });
    expect(await plates(visitor)).toContain('W-4');
    if (how === 'closes its lot') expect(await ofOwner()).toMatchObject({ code: 'closed' });
  });
}

test('in three tabs that are killed at random no entry that was answered is lost, and none is doubled', async ({
  context,
}) => {
  test.setTimeout(120_000);
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  let state = seed;
  const below = (n) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * n);
  };
  const database = freshDatabase();
  const config = { ...garage, levels: { P1: { 'A-T': 900 } } };
  const begin = async (name) => {
    const page = await openTab(context, database, { config });
    await page.exposeFunction('answered', (answer) => answers.push(answer));
    await page.evaluate((name) => {
      window.driving = (async () => {
        for (let i = 0; ; i++) {
          const plate = `${name}-${i}`;
          const { code, ticket } = await g.enter({ plate }).catch(({ code }) => ({ code }));
          await answered({ plate, code, ticket });
        }
      })();
    }, name);
    return page;
  };
  const answers = [];
  const tabs = [await begin('t0'), await begin('t1'), await begin('t2')];
  for (let round = 3; round < 11; round++) {
    await tabs[0].waitForTimeout(100 + below(400));
    const which = below(3);
    if (below(2) === 0) await tabs[which].close();
    else await tabs[which].goto('chrome://crash').catch(() => undefined);
    tabs[which] = await begin(`t${round}`);
  }
  await tabs[0].waitForTimeout(300);
  for (const tab of tabs) await tab.close();
  const last = await openTab(context, database, { config });
  const tickets = await call(last, 'tickets');
  const byPlate = new Map(tickets.map((ticket) => [ticket.plate, ticket.ticket]));
  expect(byPlate.size).toBe(tickets.length);
  for (const { code } of answers) expect([undefined, 'unconfirmed']).toContain(code);
  for (const { plate, ticket } of answers) if (ticket) expect(byPlate.get(plate), plate).toBe(ticket);
  expect((await call(last, 'occupancy')).occupied).toBe(tickets.length);
});
