import { expect, test } from '@playwright/test';
import { openKit } from './kit-page.mjs';
import { freshDatabase, openLotIn, openTab, outcome, stats, submit, untilSeen } from './tabs-kit.mjs';

test('a task that one tab submits is run by another, and both see how it ended', async ({ context }) => {
  const database = freshDatabase();
  const runner = await openTab(context, database);
  const asker = await openTab(context, database, { runs: false });
  const { id, durability } = await submit(asker, {
    payload: { name: 'one', value: { sum: 3 } },
    taskId: 'one',
  });
  expect(durability).toBe('durable');
  expect(await outcome(asker, id)).toMatchObject({ status: 'completed', result: { sum: 3 } });
  expect(await runner.evaluate(async () => (await lot.pool('llm').status('one')).outcome.result)).toEqual({
    sum: 3,
  });
});

test('an error comes to the tab that asked, with its name and message', async ({ context }) => {
  const database = freshDatabase();
  await openTab(context, database);
  const asker = await openTab(context, database, { runs: false });
  const { id } = await submit(asker, { payload: { name: 'bad', fail: 'no such thing' } });
  expect(await outcome(asker, id)).toMatchObject({
    status: 'failed',
    reason: 'task_failed',
    error: { name: 'RangeError', message: 'no such thing' },
  });
});

test('the units of a pool are shared by all tabs', async ({ context }) => {
  const database = freshDatabase();
  const pool = { max_units: 2 };
  const tabs = [await openTab(context, database, { pool }), await openTab(context, database, { pool })];
  const submitted = await Promise.all(
    tabs.flatMap((tab, t) =>
      Array.from({ length: 10 }, (_, i) => submit(tab, { payload: { name: `${t}-${i}`, ms: 20 }, units: 1 })),
    ),
  );
  for (const [i, { id }] of submitted.entries())
    expect(await outcome(tabs[i < 10 ? 0 : 1], id)).toMatchObject({ status: 'completed' });
  const events = (await Promise.all(tabs.map((tab) => tab.evaluate(() => window.seen)))).flat();
  events.sort((a, b) => a.at - b.at || (a.what === 'end' ? -1 : 1));
  let running = 0;
  for (const { what } of events) {
    running += what === 'begin' ? 1 : -1;
    expect(running).toBeLessThanOrEqual(2);
  }
  expect(events.length).toBe(40);
});

test('functions of several tabs wait for the same units, each runs in its own tab', async ({ context }) => {
  const database = freshDatabase();
  const pool = { max_units: 1 };
  const first = await openTab(context, database, { pool });
  const second = await openTab(context, database, { pool });
  await first.evaluate(() => {
    window.running = lot.pool('llm').run(
      () =>
        new Promise((resolve) => {
          window.finish = resolve;
        }),
    );
  });
  await first.waitForFunction(() => window.finish !== undefined);
  await second.evaluate(() => {
    window.mine = 'the second';
    window.began = false;
    window.running = lot.pool('llm').run(() => {
      window.began = true;
      return window.mine;
    });
  });
  await expect.poll(async () => (await stats(second)).parked).toBe(1);
  expect(await second.evaluate(() => window.began)).toBe(false);
  await first.evaluate(() => window.finish('done'));
  expect(await first.evaluate(() => window.running)).toBe('done');
  expect(await second.evaluate(() => window.running)).toBe('the second');
});

test('what a function throws reaches its own caller as it is', async ({ context }) => {
  const tab = await openTab(context, freshDatabase());
  const caught = await tab.evaluate(async () => {
    class Special extends Error {}
    const error = new Special('mine');
    return lot
      .pool('llm')
      .run(() => {
        throw error;
      })
      .catch((thrown) => thrown === error);
  });
  expect(caught).toBe(true);
});

test('progress and messages reach the tab that waits for them', async ({ context }) => {
  const database = freshDatabase();
  await openTab(context, database);
  const asker = await openTab(context, database, { runs: false });
  const answer = await asker.evaluate(async () => {
    const key = { tenant: 'acme', user: 'ann' };
    const messages = lot.mailbox(key).subscribe();
    const first = messages.next();
    const task = await lot.pool('llm').submit({ payload: { name: 'p', ms: 200, steps: 3 }, mailbox: key });
    const steps = [];
    for await (const step of task.progress()) steps.push(step);
    const { value } = await first;
    const left = await lot.mailbox(key).acknowledge(value.cursor);
    await messages.return();
    return { steps, message: [value.taskId === task.id, value.status, value.payload], left };
  });
  expect(answer.steps.at(-1)).toBe(3);
  expect(answer).toMatchObject({ message: [true, 'completed', 'p'], left: 1 });
});

test('health, audit, lists and commands work from a tab that does not lead', async ({ context }) => {
  const database = freshDatabase();
  const leader = await openTab(context, database, { runs: false });
  const other = await openTab(context, database, { runs: false });
  await submit(leader, { payload: { name: 'a' }, taskId: 'a' });
  const seen = await other.evaluate(async () => {
    const pool = lot.pool('llm');
    const { tasks } = await pool.tasks({ status: 'queued' });
    const { waitsFor } = await pool.explain('a');
    await pool.setPriority('a', 'high');
    const { priority } = await pool.status('a');
    await pool.cancel('a');
    const { events } = await lot.audit.query({ subject: { kind: 'task', id: 'a' } });
    const unknown = await pool.cancel('b').catch(({ name, code }) => ({ name, code }));
    const { status, durability } = await lot.health();
    return {
      ids: tasks.map(({ taskId }) => taskId),
      waitsFor,
      priority,
      actions: events.map((e) => e.action),
      unknown,
      status,
      durability,
    };
  });
  expect(seen).toMatchObject({
    ids: ['a'],
    waitsFor: 'no_executor',
    priority: 'high',
    unknown: { name: 'ParkingLotError', code: 'unknown_task' },
    status: 'ok',
    durability: 'durable',
  });
  expect(seen.actions).toEqual(expect.arrayContaining(['submit', 'prioritize', 'drop']));
  expect(await outcome(leader, 'a')).toMatchObject({ status: 'dropped', reason: 'cancelled' });
});

test('a second open in one tab shares the lot, and the first to close does not take it away', async ({
  context,
}) => {
  const database = freshDatabase();
  const tab = await openTab(context, database);
  const hosts = () => tab.workers().filter((worker) => worker.url().endsWith('host-worker.js')).length;
  expect(hosts()).toBe(1);
  await tab.evaluate(() => {
    window.first = lot;
  });
  await openLotIn(tab, database, { runs: false });
  expect(hosts()).toBe(1);
  await tab.evaluate(() => window.first.close());
  const { id } = await submit(tab, { payload: { name: 'still' } });
  expect(await outcome(tab, id)).toMatchObject({ status: 'completed' });
  await tab.evaluate(() => lot.close());
  expect(
    await tab.evaluate(() =>
      lot
        .pool('llm')
        .submit({})
        .catch(({ code }) => code),
    ),
  ).toBe('closed');
});

test('a second open may bring the executors that the first one had not', async ({ context }) => {
  const tab = await openTab(context, freshDatabase(), { runs: false });
  const { id } = await submit(tab, { payload: { name: 'waits', value: 1 } });
  await tab.evaluate(() => {
    window.first = lot;
  });
  const database = await tab.evaluate(async () => (await lot.health()).stores[0].location);
  await openLotIn(tab, database);
  expect(await outcome(tab, id)).toMatchObject({ status: 'completed', result: 1 });
});

test('a wrong config is refused in every tab, with all that is wrong', async ({ context }) => {
  const database = freshDatabase();
  await openTab(context, database);
  const page = await context.newPage();
  const refusal = await openKit(page)
    .then(() => openLotIn(page, database, { pool: { max_units: -1 } }))
    .catch(String);
  expect(refusal).toContain('pools.llm.max_units');
});

test('closing the tab whose function waits or runs frees what it held', async ({ context }) => {
  const database = freshDatabase();
  const pool = { max_units: 1 };
  const stays = await openTab(context, database, { pool });
  const goes = await openTab(context, database, { pool, runs: false });
  await goes.evaluate(() => {
    window.forever = lot.pool('llm').run(() => {
      window.began = true;
      return new Promise(() => {});
    });
    window.parked = lot.pool('llm').run(() => 1);
  });
  await goes.waitForFunction(() => window.began);
  await expect.poll(async () => (await stats(stays)).parked).toBe(1);
  const { id } = await submit(stays, { payload: { name: 'after' } });
  await goes.close();
  expect(await outcome(stays, id)).toMatchObject({ status: 'completed' });
  const failed = await stays.evaluate(async () =>
    (await lot.pool('llm').tasks({ status: 'failed' })).tasks.map(({ reason }) => reason),
  );
  expect(failed).toEqual(['realm_gone', 'realm_gone']);
});

test('a task with onDisconnect cancel goes with the tab that submitted it', async ({ context }) => {
  const database = freshDatabase();
  const stays = await openTab(context, database, { runs: false });
  const goes = await openTab(context, database, { runs: false });
  await submit(goes, { payload: { name: 'mine' }, taskId: 'mine', onDisconnect: 'cancel' });
  await submit(goes, { payload: { name: 'kept' }, taskId: 'kept' });
  await goes.close();
  await expect
    .poll(() => stays.evaluate(async () => (await lot.pool('llm').status('mine')).reason))
    .toBe('client_gone');
  expect(await stays.evaluate(async () => (await lot.pool('llm').status('kept')).status)).toBe('queued');
});

test('the run of a tab that closes is repeated in another one', async ({ context }) => {
  const database = freshDatabase();
  const leader = await openTab(context, database, { runs: false });
  const goes = await openTab(context, database);
  const { id } = await submit(leader, { payload: { name: 'moves', ms: 2000 } });
  await untilSeen(goes, 'moves', 'begin');
  const stays = await openTab(context, database);
  await goes.close();
  expect(await outcome(leader, id)).toMatchObject({ status: 'completed', attempt: 2 });
  expect(await stays.evaluate(() => window.seen.map(({ what }) => what))).toEqual(['begin', 'end']);
});

test('under a policy that allows WebAssembly and no eval, a stored lot works', async ({ context }) => {
  const page = await context.newPage();
  await openKit(page, 'strict');
  await openLotIn(page, freshDatabase());
  const { id, durability } = await submit(page, { payload: { name: 'strict' } });
  expect(durability).toBe('durable');
  expect(await outcome(page, id)).toMatchObject({ status: 'completed' });
});

test('a payload that is no JSON is refused with the part that is to blame, wherever it was submitted', async ({
  context,
}) => {
  const database = freshDatabase();
  const tabs = [await openTab(context, database), await openTab(context, database)];
  for (const tab of tabs) {
    const refusals = await tab.evaluate(() =>
      Promise.all(
        [{ f: () => 1 }, { map: new Map() }, { units: -1 }].map((value) =>
          lot
            .pool('llm')
            .submit('units' in value ? value : { payload: value })
            .catch(({ code, field }) => [code, field]),
        ),
      ),
    );
    expect(refusals[0][0]).toBe('invalid_task');
    expect(refusals[1][0]).toBe('invalid_task');
    expect(refusals[2]).toEqual(['invalid_task', 'units']);
  }
});

for (const kind of ['idbfs', 'opfs']) {
  test(`the past of a pool in ${kind} is told to the tab that follows, the tab that takes over, and in the next life`, async ({
    context,
  }) => {
    const database = freshDatabase();
    const queue = { type: kind, [kind === 'idbfs' ? 'database' : 'directory']: database };
    const pool = { queue, mailbox: { storage: queue } };
    const told = (page, at) =>
      page.evaluate(async (moment) => {
        const { stats, tasks } = await lot.pool('llm').at(moment);
        return [stats.unitsInUse, stats.running, tasks.map(({ taskId, status }) => `${taskId} ${status}`)];
      }, at);
    const leader = await openTab(context, database, { pool });
    const follower = await openTab(context, database, { pool, runs: false });
    const { id } = await submit(follower, { payload: { name: 'one', ms: 60_000 }, taskId: 'one', units: 3 });
    const running = [3, 1, ['one running']];
    const before = Date.now() - 60_000;
    await expect.poll(() => told(follower, Date.now())).toEqual(running);
    const then = Date.now();
    await follower.evaluate(() => lot.pool('llm').cancel('one'));
    expect(await outcome(follower, id)).toMatchObject({ status: 'dropped' });
    const ended = [0, 0, ['one dropped']];
    await expect.poll(() => told(leader, Date.now())).toEqual(ended);
    expect(await told(follower, then)).toEqual(running);
    await leader.close();
    await expect.poll(() => told(follower, then)).toEqual(running);
    await follower.close();
    const next = await openTab(context, database, { pool });
    expect(await told(next, then)).toEqual(running);
    expect(await told(next, Date.now())).toEqual(ended);
    expect(await next.evaluate((at) => lot.pool('llm').at(at).catch(({ code }) => code), before)).toBe(
      'storage_unavailable',
    );
  });
}
