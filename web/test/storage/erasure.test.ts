import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ParkingLot } from 'prometheus-parking-lot';
import { scratchFolder } from './scratch.js';

async function open(context: TestContext, folder: string) {
  const storage = { type: 'file', path: folder } as const;
  const lot = await ParkingLot.open(
    { pools: { p: { max_units: 2, queue: storage, mailbox: { storage } } } },
    { handlers: { p: (text: string) => `${text} done` } },
  );
  context.after(() => lot.close());
  return lot;
}

const bruno = { tenant: 'acme', user: 'bruno', session: 'tab' };
const anna = { tenant: 'acme', user: 'anna', session: 'tab' };

function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder).filter((file) => readFileSync(path.join(folder, file)).includes(text));
}

async function eventsOf(lot: ParkingLot<never>, key: typeof bruno) {
  return (await lot.audit.query({ subject: { kind: 'mailbox', id: key } })).events.length;
}

test('an erased user is in no file, audit or mailbox, also in the next life, and others are', async (context) => {
  const folder = scratchFolder();
  const lot = await open(context, folder);
  for (const mailbox of [bruno, anna]) {
    await (await lot.pool('p').submit({ payload: 'a', mailbox })).result();
    while ((await lot.mailbox(mailbox).fetch()).length === 0) await new Promise(setImmediate);
  }
  assert.deepEqual(filesWith(folder, 'bruno'), [], 'names are sealed');
  assert.ok((await eventsOf(lot as never, bruno)) > 2);
  const erased = await lot.audit.eraseUser({ tenant: 'acme', user: 'bruno' });
  assert.equal(erased.messages, 1);
  assert.ok(erased.keys > 0);
  assert.equal(await eventsOf(lot as never, bruno), 0);
  assert.ok((await eventsOf(lot as never, anna)) > 2);
  assert.deepEqual(await lot.mailbox(bruno).fetch(), []);
  assert.deepEqual(await lot.audit.eraseUser({ tenant: 'acme', user: 'bruno' }), { messages: 0, keys: 0 });
  await lot.close();
  assert.deepEqual(filesWith(folder, 'bruno'), []);

  const again = await open(context, folder);
  assert.equal((await again.health()).status, 'ok');
  assert.equal(await eventsOf(again as never, bruno), 0);
  assert.equal((await again.mailbox(anna).fetch()).length, 1);
  assert.deepEqual(await again.mailbox(bruno).fetch(), []);
  const names = (await again.audit.query({ limit: 1000 })).events.flatMap((event) =>
    event.subjects.filter(({ kind }) => kind === 'mailbox').map(({ id }) => id),
  );
  assert.ok(
    names.some((id) => /^erased:\d+$/.test(id)),
    names.join(' '),
  );
});

test('a user with a task that lives is not erased, and the error names the task', async (context) => {
  const lot = await open(context, scratchFolder());
  await lot.pool('p').submit({ taskId: 'later', startAfter: Date.now() + 3_600_000, mailbox: bruno });
  await assert.rejects(lot.audit.eraseUser(bruno), { code: 'wrong_state', message: /Task later / });
  await assert.rejects(lot.audit.eraseUser({ tenant: 'acme', user: '' }), { code: 'invalid_argument' });
});

test('in memory too a user is erased', async (context) => {
  const lot = await ParkingLot.open({ pools: { p: { max_units: 2 } } }, { handlers: { p: () => 'done' } });
  context.after(() => lot.close());
  await (await lot.pool('p').submit({ payload: 'a', mailbox: bruno })).result();
  assert.ok((await eventsOf(lot as never, bruno)) > 2);
  assert.deepEqual(await lot.audit.eraseUser(bruno), { messages: 1, keys: 0 });
  assert.equal(await eventsOf(lot as never, bruno), 0);
});
