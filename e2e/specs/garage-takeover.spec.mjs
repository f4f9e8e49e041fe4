import { expect, test } from '@playwright/test';
import { call, garage, openTab, plates } from './garage-kit.mjs';
import { seededRandom } from './kit-page.mjs';
import { endings, freshDatabase } from './tabs-kit.mjs';

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

test('a frozen owner is replaced within 15 seconds, answers nothing more, and visits when it wakes', { tag: '@long' }, async ({
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

test('when the worker that owns for a page ends, another one takes its place', async ({ context }) => {
  const page = await openTab(context, freshDatabase());
  await call(page, 'enter', { plate: 'B-1' });
  const hosts = () => page.workers().filter((worker) => worker.url().endsWith('garage-worker.js'));
  const [first] = hosts();
  await first.evaluate(() => self.close()).catch(() => undefined);
  await expect.poll(() => hosts().length === 1 && hosts()[0] !== first).toBe(true);
  expect(await plates(page)).toEqual(['B-1']);
  await call(page, 'enter', { plate: 'B-2' });
  expect(await plates(page)).toEqual(['B-1', 'B-2']);
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
  const below = seededRandom();
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
