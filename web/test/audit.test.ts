import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudEvent } from 'prometheus-parking-lot';
import { openLot } from './lot.js';

const config = { pools: { p: { max_units: 1 } } };

test('the trail of a task tells its life, in order, by task, tenant, mailbox and pool', async (context) => {
  const { lot, clock } = await openLot(context, config, { handlers: { p: () => 1 } });
  const mailbox = { tenant: 'acme', user: 'ann' };
  const [, task] = await Promise.all([lot.pool('p').submit({}), lot.pool('p').submit({ mailbox })]);
  await task.outcome();
  const { events, next } = await lot.audit.query({ subject: { kind: 'task', id: task.id } });
  assert.deepEqual(
    events.map((event) => event.action),
    ['submit', 'enqueue', 'start', 'complete', 'deliver'],
  );
  assert.equal(events[2]!.detail.woken, true);
  assert.deepEqual(events[0]!.at, new Date(clock.wall()));
  assert.equal(next, undefined);
  for (const subject of [
    { kind: 'tenant', id: 'acme' },
    { kind: 'mailbox', id: mailbox },
  ] as const) {
    const page = await lot.audit.query({ subject, order: 'newest_first' });
    assert.deepEqual(
      page.events.map((event) => event.action),
      ['deliver', 'complete', 'start', 'enqueue', 'submit'],
      subject.kind,
    );
  }
  const all = await lot.audit.query({ subject: { kind: 'pool', id: 'p' } });
  assert.equal(all.events.filter((event) => event.action === 'submit').length, 2);
});

test('an event of a pool is a CloudEvent as the command line writes it', async (context) => {
  const { lot } = await openLot(context, config, { handlers: { p: () => 1 } });
  await (await lot.pool('p').submit({ taskId: 'a' })).outcome();
  const { events } = await lot.audit.query({ subject: { kind: 'task', id: 'a' } });
  const started = events.find(({ action }) => action === 'start')!;
  assert.deepEqual(cloudEvent(started), {
    specversion: '1.0',
    id: `p-${started.seq}`,
    source: 'parking-lot/pools/p',
    type: 'parking-lot.start',
    time: started.at.toISOString(),
    subject: 'task:a',
    datacontenttype: 'application/json',
    data: started,
  });
  const [opened] = (await lot.audit.query({ limit: 1 })).events;
  assert.equal(cloudEvent(opened!).subject, 'pool:p');
});

test('a page ends where limit says and its cursor goes on from there', async (context) => {
  const { lot } = await openLot(context, config);
  for (let i = 0; i < 5; i++) await lot.pool('p').run(() => i);
  const seen: number[] = [];
  let after: string | undefined;
  do {
    const page = await lot.audit.query({ limit: 3, ...(after !== undefined && { after }) });
    seen.push(...page.events.map((event) => event.seq));
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(new Set(seen).size, seen.length);
  assert.ok(seen.length >= 15);
});

test('refusals are in the trail; a query that makes no sense is refused by name', async (context) => {
  const { lot } = await openLot(context, config);
  await assert.rejects(lot.pool('p').submit({ units: 2, tenant: 'acme' }), { code: 'cost_exceeds_capacity' });
  const { events } = await lot.audit.query({ subject: { kind: 'tenant', id: 'acme' } });
  assert.deepEqual([events[0]!.action, events[0]!.detail.refusal], ['reject', 'cost_exceeds_capacity']);
  await assert.rejects(lot.audit.query({ subject: { kind: 'spot' as never, id: 'x' } }), {
    field: 'subject.kind',
  });
  await assert.rejects(lot.audit.query({ from: 'yesterday' }), { field: 'from', code: 'invalid_argument' });
  await assert.rejects(lot.audit.query({ order: 'up' as never }), { field: 'order' });
});
