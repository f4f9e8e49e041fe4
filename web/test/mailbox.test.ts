import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate, openLot } from './lot.js';

const config = { pools: { p: { max_units: 4 } } };

test('an outcome lies in the mailbox with exactly its key until it is acknowledged', async (context) => {
  const handlers = { p: async (n: number) => (n === 2 ? Promise.reject(new Error('two')) : n) };
  const { lot, clock } = await openLot(context, config, { handlers });
  const ann = { tenant: 'acme', user: 'ann' };
  for (const n of [1, 2, 3]) await (await lot.pool('p').submit({ payload: n, mailbox: ann })).outcome();
  const messages = await lot.mailbox(ann).fetch();
  assert.deepEqual(
    messages.map(({ status, reason, pool }) => [status, reason, pool]),
    [
      ['completed', undefined, 'p'],
      ['failed', 'task_failed', 'p'],
      ['completed', undefined, 'p'],
    ],
  );
  assert.equal(messages[0]!.payload, 1);
  assert.equal((messages[1]!.payload as Error).message, 'two');
  assert.deepEqual(messages[0]!.createdAt, new Date(clock.wall()));
  for (const other of [
    { tenant: 'acme' },
    { tenant: 'acme', user: 'ann', session: 's' },
    { tenant: 'other', user: 'ann' },
  ]) {
    assert.deepEqual(await lot.mailbox(other).fetch(), []);
  }
  const rest = await lot.mailbox(ann).fetch({ after: messages[0]!.cursor, limit: 1 });
  assert.deepEqual(
    rest.map((message) => message.taskId),
    [messages[1]!.taskId],
  );
  assert.equal(await lot.mailbox(ann).acknowledge(messages[1]!.cursor), 2);
  assert.equal(await lot.mailbox(ann).acknowledge(messages[0]!.cursor), 0);
  assert.deepEqual(
    (await lot.mailbox(ann).fetch()).map((message) => message.payload),
    [3],
  );
});

test('a text that is no cursor is refused with the field that has it, and nothing is dropped', async (context) => {
  const { lot } = await openLot(context, config, { handlers: { p: () => 1 } });
  const ann = { tenant: 'acme', user: 'ann' };
  await (await lot.pool('p').submit({ mailbox: ann })).outcome();
  const mailbox = lot.mailbox(ann);
  for (const cursor of ['yesterday', '5.5', '9-aaaaaa']) {
    await assert.rejects(mailbox.fetch({ after: cursor }), {
      code: 'invalid_cursor',
      field: 'after',
      message: /^after: The cursor is malformed, or of other mailbox stores/,
    });
    await assert.rejects(mailbox.acknowledge(cursor), { code: 'invalid_cursor', field: 'cursor' });
  }
  for (const cursor of [17, null, {}] as unknown as string[]) {
    await assert.rejects(mailbox.acknowledge(cursor), { code: 'invalid_cursor', field: 'cursor' });
  }
  await assert.rejects(mailbox.fetch({ after: 17 as unknown as string }), {
    code: 'invalid_cursor',
    field: 'after',
  });
  assert.equal((await mailbox.fetch()).length, 1);
});

test('a subscription yields what is there, then each message as it arrives, until it is left', async (context) => {
  const gate = new Gate<string>();
  const { lot, clock } = await openLot(context, config, { handlers: { p: gate.handler } });
  const mailbox = lot.mailbox({ tenant: 'acme', session: 's1' });
  const submit = () => lot.pool('p').submit({ mailbox_key: { tenant: 'acme', session_id: 's1' } });
  await submit();
  gate.calls[0]!.resolve('before');
  await clock.settle();
  const seen: unknown[] = [];
  const reader = (async () => {
    for await (const message of mailbox.subscribe()) {
      seen.push(message.payload);
      if (seen.length === 3) break;
    }
  })();
  await clock.settle();
  await submit();
  await submit();
  gate.calls[2]!.resolve('third run');
  await clock.settle();
  assert.deepEqual(seen, ['before', 'third run']);
  gate.calls[1]!.resolve('second run');
  await reader;
  assert.deepEqual(seen, ['before', 'third run', 'second run']);
});

test('closing the lot ends a subscription', async (context) => {
  const { lot, clock } = await openLot(context, config);
  const reader = (async () => {
    for await (const message of lot.mailbox({ tenant: 'acme' }).subscribe()) assert.fail(message.taskId);
  })();
  await clock.settle();
  await lot.close();
  await reader;
});

test('a subscription can be left while it waits, and before it begins', async (context) => {
  const { lot, clock } = await openLot(context, config);
  const mailbox = lot.mailbox({ tenant: 'acme' });
  const waiting = mailbox.subscribe();
  const next = waiting.next();
  await clock.settle();
  assert.deepEqual(await waiting.return(), { done: true, value: undefined });
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.deepEqual(await mailbox.subscribe().return(), { done: true, value: undefined });
  await assert.rejects(mailbox.subscribe({ afetr: 'x' } as never).next(), { field: 'query.afetr' });
});

test('messages older than the retention go', async (context) => {
  const { lot, clock } = await openLot(
    context,
    { pools: { p: { max_units: 4, mailbox: { storage: 'in_memory', retention_secs: 60 } } } },
    { handlers: { p: () => 'kept a minute' } },
  );
  await (await lot.pool('p').submit({ mailbox: { tenant: 'acme' } })).outcome();
  await clock.advance(59_000);
  assert.equal((await lot.mailbox({ tenant: 'acme' }).fetch()).length, 1);
  await clock.advance(2000);
  assert.equal((await lot.mailbox({ tenant: 'acme' }).fetch()).length, 0);
});

test('a key that is none is refused by name', async (context) => {
  const { lot } = await openLot(context, config);
  assert.throws(() => lot.mailbox({} as never), {
    code: 'invalid_argument',
    message:
      'mailbox.tenant: must be a well-formed text of 1 to 128 bytes without control characters, got undefined',
  });
  await assert.rejects(lot.mailbox({ tenant: 'a' }).fetch({ limit: 0 }), { field: 'limit' });
});
