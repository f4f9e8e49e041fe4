import { expect, test } from '@playwright/test';
import { openKit } from './kit-page.mjs';
import { endings, freshDatabase, openLotIn, openTab, outcome, stats, submit, untilSeen } from './tabs-kit.mjs';

/** Keeps the leader's host worker busy, so that it answers nothing: what a frozen tab does. */
function freeze(page, ms) {
  const host = page.workers().find((worker) => worker.url().endsWith('host-worker.js'));
  return host.evaluate((ms) => {
    const end = Date.now() + ms;
    while (Date.now() < end);
  }, ms);
}

/** How long the follower waits for an answer. */
function answerTime(page) {
  return page.evaluate(async () => {
    const from = performance.now();
    await lot.pool('llm').submit({ payload: { name: 'probe' } });
    return performance.now() - from;
  });
}

for (const [how, end] of Object.entries(endings)) {
  test(`when the leading tab ${how}, another one goes on within a second`, async ({ context }) => {
    const database = freshDatabase();
    const leader = await openTab(context, database, { runs: false });
    const follower = await openTab(context, database, { runs: false });
    const { id } = await submit(follower, { payload: { name: 'before' }, taskId: 'before' });
    await submit(leader, { payload: { name: 'of the leader' }, taskId: 'of the leader' });
    await end(leader);
    expect(await answerTime(follower)).toBeLessThan(1000);
    const runner = await openTab(context, database);
    expect(await outcome(follower, id)).toMatchObject({ status: 'completed', result: 'before' });
    await untilSeen(runner, 'of the leader', 'end');
    const tasks = await follower.evaluate(async () =>
      (await lot.pool('llm').tasks()).tasks.map(({ taskId }) => taskId),
    );
    expect(tasks.filter((id) => !id.includes('-')).sort()).toEqual(['before', 'of the leader']);
  });
}

test('a tab that begins to lead says so to who listens for health', async ({ context }) => {
  const database = freshDatabase();
  const leader = await openTab(context, database, { runs: false });
  const follower = await openTab(context, database, { runs: false });
  const before = await follower.evaluate(async () => {
    window.told = [];
    lot.onHealth(({ leads, status }) => window.told.push({ leads, status }));
    return (await lot.health()).leads;
  });
  expect(before).toBe(false);
  await leader.close();
  await expect.poll(() => follower.evaluate(() => window.told)).toEqual([{ leads: true, status: 'ok' }]);
});

test('what runs in other tabs goes on when the leader ends, and its result is the outcome', async ({
  context,
}) => {
  const database = freshDatabase();
  const leader = await openTab(context, database, { runs: false });
  const runner = await openTab(context, database);
  const { id } = await submit(runner, { payload: { name: 'long', ms: 3000 } });
  const call = runner.evaluate(async () => {
    window.calls = 0;
    return lot.pool('llm').run(async () => {
      window.calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return 'the function';
    });
  });
  await untilSeen(runner, 'long', 'begin');
  await expect.poll(() => runner.evaluate(() => window.calls)).toBe(1);
  await leader.close();
  expect(await outcome(runner, id)).toMatchObject({ status: 'completed', result: 'long' });
  expect(await call).toBe('the function');
  expect(await runner.evaluate(() => [window.calls, window.seen.length])).toEqual([1, 2]);
  await expect.poll(async () => (await stats(runner)).running).toBe(0);
});

test('while runs of the reign before go on, nothing starts in their units', async ({ context }) => {
  const database = freshDatabase();
  const pool = { max_units: 1 };
  const leader = await openTab(context, database, { pool, runs: false });
  const runner = await openTab(context, database, { pool });
  await submit(runner, { payload: { name: 'long', ms: 2500 } });
  await untilSeen(runner, 'long', 'begin');
  const { id } = await submit(runner, { payload: { name: 'urgent' }, priority: 'critical' });
  await leader.close();
  expect(await outcome(runner, id)).toMatchObject({ status: 'completed' });
  const events = await runner.evaluate(() => window.seen);
  let running = 0;
  for (const { what } of events) {
    running += what === 'begin' ? 1 : -1;
    expect(running, JSON.stringify(events)).toBeLessThanOrEqual(1);
  }
});

test('submissions that the leader took into its grave are admitted exactly once', async ({ context }) => {
  const database = freshDatabase();
  const leader = await openTab(context, database, { runs: false });
  const follower = await openTab(context, database, { pool: { max_queue_depth: 1000 }, runs: false });
  const burst = follower.evaluate(async () => {
    const tasks = Array.from({ length: 300 }, (_, i) =>
      lot.pool('llm').submit({ payload: { name: String(i) }, taskId: `burst-${i}` }),
    );
    return (await Promise.allSettled(tasks)).map(({ status, reason }) => reason?.code ?? status);
  });
  await leader.close();
  expect(new Set(await burst)).toEqual(new Set(['fulfilled']));
  expect((await stats(follower)).parked).toBe(300);
});

test('a frozen leader is replaced within 15 seconds, and follows when it wakes', { tag: '@long' }, async ({
  context,
}) => {
  test.setTimeout(90_000);
  const database = freshDatabase();
  const leader = await openTab(context, database, { runs: false });
  const follower = await openTab(context, database, { runs: false });
  await submit(leader, { payload: { name: 'before' }, taskId: 'before' });
  await leader.waitForTimeout(1000);
  const thawed = freeze(leader, 25_000);
  expect(await answerTime(follower)).toBeLessThan(15_000);
  expect(await follower.evaluate(async () => (await lot.pool('llm').status('before')).status)).toBe('queued');
  await thawed;
  const { id } = await submit(leader, { payload: { name: 'after' }, taskId: 'after' });
  expect(await follower.evaluate(async (id) => (await lot.pool('llm').status(id)).status, id)).toBe('queued');
  await openTab(context, database);
  expect(await outcome(leader, id)).toMatchObject({ status: 'completed' });
});

test('what is stored is there when all tabs were closed and one comes back', async ({ context }) => {
  const database = freshDatabase();
  const first = await openTab(context, database, { runs: false });
  await submit(first, { payload: { name: 'kept', value: 7 }, taskId: 'kept', mailbox: { tenant: 'acme' } });
  await first.close();
  const second = await openTab(context, database);
  await untilSeen(second, 'kept', 'end');
  const payloads = () =>
    second.evaluate(async () =>
      (await lot.mailbox({ tenant: 'acme' }).fetch()).map(({ payload }) => payload),
    );
  await expect.poll(payloads).toEqual([7]);
});

test('a leader whose clock is behind is followed all the same', async ({ context }) => {
  const database = freshDatabase();
  const first = await openTab(context, database, { runs: false });
  const follower = await openTab(context, database, { runs: false });
  await first.close();
  await submit(follower, { payload: { name: 'here' }, taskId: 'here' });
  const late = await context.newPage();
  await context.route('**/host-worker.js', async (route) => {
    const response = await route.fetch();
    const body = `const now = Date.now; Date.now = () => now() - 3_600_000;\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  await openKit(late);
  await openLotIn(late, database, { runs: false });
  await context.unroute('**/host-worker.js');
  const third = await openTab(context, database, { runs: false });
  await follower.close();
  expect(await late.evaluate(async () => (await lot.pool('llm').status('here')).status)).toBe('queued');
  expect(await third.evaluate(async () => (await lot.pool('llm').status('here')).status)).toBe('queued');
});
