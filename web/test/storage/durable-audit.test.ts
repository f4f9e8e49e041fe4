import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type AuditPage, type AuditQuery, type LotConfig, ParkingLot } from 'prometheus-parking-lot';
import { scratchFolder } from './scratch.js';

async function open(context: TestContext, config: LotConfig, handlers = {}) {
  const lot = await ParkingLot.open(config, { handlers });
  context.after(() => lot.close());
  return lot;
}

function pool(folder: string, more: object = {}) {
  return { max_units: 1, queue: { type: 'file', path: folder, ...more } } as const;
}

/** All pages. */
async function eventsOf(lot: Pick<ParkingLot, 'audit'>, query: AuditQuery) {
  const events: AuditPage['events'][number][] = [];
  for (let after: string | undefined; ; ) {
    const page = await lot.audit.query({ ...query, ...(after !== undefined && { after }) });
    events.push(...page.events);
    after = page.next;
    if (after === undefined) return events;
  }
}

test('what a durable pool did before it was opened again is in its trail', async (context) => {
  const folder = scratchFolder();
  const config = { pools: { p: pool(folder) }, audit: { memory_events: 2 } };
  const first = await ParkingLot.open(config, { handlers: { p: () => 'done' } });
  for (let i = 0; i < 10; i++) {
    const task = await first.pool('p').submit({ taskId: `t${i}`, mailbox: { tenant: 'acme' } });
    await task.outcome();
  }
  await first.close();
  const lot = await open(context, config);
  for (const order of ['oldest_first', 'newest_first'] as const) {
    const actions = (await eventsOf(lot, { subject: { kind: 'task', id: 't3' }, order })).map(
      (e) => e.action,
    );
    if (order === 'newest_first') actions.reverse();
    assert.deepEqual(actions.slice(0, 3), ['submit', 'start', 'complete']);
  }
  const acme = await eventsOf(lot, { subject: { kind: 'tenant', id: 'acme' }, limit: 3 });
  assert.equal(acme.filter((event) => event.action === 'complete').length, 10);
  assert.ok(acme.every((event) => event.pool === 'p' && event.at instanceof Date));
});

test('durable pools in two stores and a volatile one are one trail', async (context) => {
  const config: LotConfig = {
    pools: {
      a: pool(scratchFolder(), { stream: 'same' }),
      b: pool(scratchFolder(), { stream: 'same' }),
      same: { max_units: 1 },
    },
  };
  const done = () => 'done';
  const lot = await open(context, config, { a: done, b: done, same: done });
  for (let i = 0; i < 5; i++) {
    const tasks = await Promise.all(
      ['a', 'b', 'same'].map((p) => lot.pool(p).submit({ taskId: `${p}-${i}` })),
    );
    await Promise.all(tasks.map((task) => task.outcome()));
  }
  for (const order of ['oldest_first', 'newest_first'] as const) {
    const events = await eventsOf(lot, { order, limit: 1 });
    for (const name of ['a', 'b', 'same']) {
      const own = events.filter((event) => event.pool === name);
      const ended = own.filter((event) => event.action === 'complete');
      assert.equal(ended.length, 5, name);
      assert.ok(
        ended.every(({ subjects }) => subjects.some((s) => s.kind === 'task' && s.id.startsWith(`${name}-`))),
      );
      assert.equal(new Set(own.map((event) => event.seq)).size, own.length);
    }
    const times = events.map((event) => event.at.getTime());
    assert.deepEqual(
      times,
      [...times].sort((x, y) => (order === 'oldest_first' ? x - y : y - x)),
    );
  }
});

test('a cursor that is none is refused by name, of stored and of remembered events', async (context) => {
  for (const config of [{ pools: { p: pool(scratchFolder()) } }, { pools: { p: { max_units: 1 } } }]) {
    const lot = await open(context, config);
    await assert.rejects(lot.audit.query({ after: 'yesterday' }), {
      code: 'invalid_argument',
      field: 'after',
    });
  }
});
