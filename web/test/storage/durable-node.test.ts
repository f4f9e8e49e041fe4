import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { on, once } from 'node:events';
import fs, { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ParkingLot } from 'prometheus-parking-lot';
import { manualClock } from 'prometheus-parking-lot/testing';
import { scratchFolder } from './scratch.js';

function configIn(folder: string, pool: object = {}) {
  const storage = { type: 'file', path: folder };
  return { pools: { p: { max_units: 2, queue: storage, mailbox: { storage }, ...pool } } } as const;
}

async function open(context: TestContext, folder: string, options = {}, pool = {}) {
  const lot = await ParkingLot.open(configIn(folder, pool), options);
  context.after(() => lot.close());
  return lot;
}

/** For Node, to run a program in a process of its own. `config`, `say` and `kill` are there. */
const lifeOf = (folder: string, program: string) => [
  '--input-type=module',
  '-e',
  `import { ParkingLot } from ${JSON.stringify(import.meta.resolve('prometheus-parking-lot'))};
    const kill = () => process.kill(process.pid, 'SIGKILL');
    const say = (text) => process.stdout.write(text + '\\n');
    const config = ${JSON.stringify(configIn(folder))};
    ${program}`,
];

function inAnotherLife(folder: string, program: string): string {
  const run = spawnSync(process.execPath, lifeOf(folder, program), { encoding: 'utf8' });
  assert.equal(run.signal, 'SIGKILL', run.stderr);
  return run.stdout;
}

test('tasks of a process that was killed run in the next one, and their outcomes are fetched', async (context) => {
  const folder = scratchFolder();
  const said = inAnotherLife(
    folder,
    `const lot = await ParkingLot.open(config);
    for (let i = 0; i < 20; i++) {
      const task = await lot.pool('p').submit({ taskId: 't' + i, payload: { n: i }, mailbox: { tenant: 'a' } });
      say(task.id + ' ' + task.durability);
    }
    kill();`,
  );
  assert.equal(said.split('\n').filter((line) => line.endsWith(' durable')).length, 20);

  const lot = await open(context, folder, { handlers: { p: ({ n }: { n: number }) => ({ square: n * n }) } });
  const seen = new Map<string, unknown>();
  for await (const message of lot.mailbox({ tenant: 'a' }).subscribe()) {
    assert.equal(seen.has(message.taskId), false, 'one outcome per task');
    seen.set(message.taskId, message.payload);
    if (seen.size === 20) break;
  }
  assert.deepEqual(seen.get('t7'), { square: 49 });
  assert.equal((await lot.health()).status, 'ok');
});

test('one damaged payload of a store that was closed costs that payload alone, relaxed or not', async (context) => {
  for (const durability of ['strict', 'relaxed'] as const) {
    const folder = scratchFolder();
    const handlers = { p: ({ text }: { text: string }) => text.length };
    const before = await open(context, folder, { handlers }, { durability });
    const pool = before.pool('p');
    const submit = (i: number) =>
      pool.submit({ taskId: `t${i}`, payload: { text: `payload ${i}` }, mailbox: { tenant: 'a' } });
    for (let i = 0; i < 10; i++) await (await submit(i)).result();
    await pool.pause();
    for (let i = 10; i < 20; i++) await submit(i);
    await before.close();

    const file = path.join(folder, 'payloads-0000000001');
    const bytes = readFileSync(file);
    bytes[bytes.indexOf('payload 3') + 2]! ^= 1;
    bytes[bytes.indexOf('payload 13') + 2]! ^= 1;
    writeFileSync(file, bytes);

    const after = await open(context, folder, { handlers }, { durability });
    assert.equal((await after.mailbox({ tenant: 'a' }).fetch()).length, 10);
    assert.equal((await after.pool('p').stats()).parked, 10);
    await after.pool('p').resume();
    let ended = await after.mailbox({ tenant: 'a' }).fetch();
    for (; ended.length < 20; await setImmediate()) ended = await after.mailbox({ tenant: 'a' }).fetch();
    assert.deepEqual(
      ended.filter(({ status }) => status !== 'completed').map(({ taskId, reason }) => [taskId, reason]),
      [['t13', 'payload_unreadable']],
    );
    await after.close();
  }
});

test('a process whose owner file is deleted says nothing more is durable once another one has the store', async (context) => {
  const folder = scratchFolder();
  const first = spawn(
    process.execPath,
    lifeOf(
      folder,
      `const lot = await ParkingLot.open(config);
      try {
        for (let i = 0; ; i++) say((await lot.pool('p').submit({ taskId: 'first-' + i })).id);
      } catch ({ code }) {
        say(code);
        process.exit();
      }`,
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  context.after(() => first.kill('SIGKILL'));
  let said = '';
  first.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  for await (const _ of on(first.stdout, 'data')) if (said.split('\n').length > 20) break;
  fs.rmSync(path.join(folder, '.owner.1'));
  const second = await ParkingLot.open(configIn(folder));
  if (first.exitCode === null) await once(first, 'close');
  const known = said.trim().split('\n');
  assert.match(known.pop()!, /^(closed|unconfirmed)$/);
  for (let i = 0; i < 20; i++) known.push((await second.pool('p').submit({ taskId: `second-${i}` })).id);
  await second.close();
  const third = await open(context, folder);
  for (const task of known) assert.equal((await third.pool('p').status(task)).status, 'queued');
});

test('a run that was interrupted is repeated, and counts as lost', async (context) => {
  const folder = scratchFolder();
  inAnotherLife(
    folder,
    `const lot = await ParkingLot.open(config, { handlers: { p: () => { kill(); return new Promise(() => {}); } } });
    await lot.pool('p').submit({ taskId: 'again', mailbox: { tenant: 'a' } });
    await new Promise(() => setInterval(() => {}, 1000));`,
  );
  const attempts: number[] = [];
  const handler = (_: unknown, run: { attempt: number }) => {
    attempts.push(run.attempt);
    return 'done';
  };
  const lot = await open(
    context,
    folder,
    { handlers: { p: handler } },
    { lease_secs: 1, heartbeat_secs: 0.5 },
  );
  for await (const message of lot.mailbox({ tenant: 'a' }).subscribe()) {
    assert.deepEqual([message.status, message.payload], ['completed', 'done']);
    break;
  }
  assert.deepEqual(attempts, [2]);
  assert.equal((await lot.pool('p').status('again')).lost, 1);
});

test('a stored result whose bytes are lost is told as such wherever it is asked for', async (context) => {
  const folder = scratchFolder();
  const handlers = { p: () => 'a result that is damaged on disk later' };
  const task = { taskId: 'damaged', payload: {}, mailbox: { tenant: 'a' } };
  const first = await ParkingLot.open(configIn(folder), { handlers });
  await (await first.pool('p').submit(task)).outcome();
  while ((await first.mailbox({ tenant: 'a' }).fetch()).length === 0) await setImmediate();
  await first.close();

  const file = path.join(folder, 'payloads-0000000001');
  const bytes = readFileSync(file);
  bytes[bytes.indexOf('damaged on disk')]! ^= 1;
  writeFileSync(file, bytes);

  const lot = await open(context, folder);
  const [message] = await lot.mailbox({ tenant: 'a' }).fetch();
  assert.equal(message?.status, 'completed');
  assert.equal(message?.payloadError, 'payload_unreadable');
  assert.equal('payload' in message, false);
  const { outcome } = await lot.pool('p').status('damaged');
  assert.equal(outcome?.resultError, 'payload_unreadable');
  const again = await lot.pool('p').submit(task);
  assert.equal((await again.outcome()).resultError, 'payload_unreadable');
  await assert.rejects(again.result(), { code: 'payload_unreadable' });
});

test('outcomes, failures and acknowledgements are remembered', async (context) => {
  const folder = scratchFolder();
  const handlers = {
    p: ({ fail }: { fail?: boolean }) => {
      if (fail) throw new RangeError('as asked');
      return 'fine';
    },
  };
  const first = await ParkingLot.open(configIn(folder), { handlers });
  const good = await first.pool('p').submit({ taskId: 'good', payload: {}, mailbox: { tenant: 'a' } });
  const bad = await first
    .pool('p')
    .submit({ taskId: 'bad', payload: { fail: true }, mailbox: { tenant: 'a' } });
  assert.equal(await good.result(), 'fine');
  await assert.rejects(bad.result(), { name: 'RangeError', message: 'as asked' });
  const box = first.mailbox({ tenant: 'a' });
  let messages = await box.fetch();
  while (messages.length < 2) {
    await setImmediate();
    messages = await box.fetch();
  }
  await box.acknowledge(messages[0]!.cursor);
  await first.close();

  const next = await open(context, folder);
  const rest = await next.mailbox({ tenant: 'a' }).fetch();
  assert.deepEqual(
    rest.map((message) => message.taskId),
    [messages[1]!.taskId],
  );
  const view = await next.pool('p').status('bad');
  assert.equal(view.status, 'failed');
  assert.deepEqual(
    [(view.outcome!.error as Error).name, (view.outcome!.error as Error).message],
    ['RangeError', 'as asked'],
  );
  const joined = await next.pool('p').submit({ taskId: 'good', payload: {}, mailbox: { tenant: 'a' } });
  assert.deepEqual([joined.joined, await joined.result()], [true, 'fine']);
});

test('who submits a task of an earlier life again hears how it ends', async (context) => {
  const folder = scratchFolder();
  inAnotherLife(
    folder,
    `const lot = await ParkingLot.open(config);
    await lot.pool('p').submit({ taskId: 'mine', payload: { n: 3 } });
    kill();`,
  );
  const lot = await open(context, folder, { handlers: { p: ({ n }: { n: number }) => n + 1 } });
  const task = await lot.pool('p').submit({ taskId: 'mine', payload: { n: 3 } });
  assert.equal(task.joined, true);
  assert.equal(await task.result(), 4);
});

test('functions of an earlier life end as realm_gone', async (context) => {
  const folder = scratchFolder();
  inAnotherLife(
    folder,
    `const lot = await ParkingLot.open(config);
    await lot.pool('p').pause();
    lot.pool('p').run(() => 1);
    while ((await lot.pool('p').tasks()).tasks.length === 0) await new Promise(setImmediate);
    kill();`,
  );
  const lot = await open(context, folder);
  const { tasks } = await lot.pool('p').tasks();
  assert.deepEqual(
    tasks.map(({ status, reason }) => [status, reason]),
    [['failed', 'realm_gone']],
  );
  await lot.pool('p').resume();
  assert.equal(await lot.pool('p').run(() => 'of this life'), 'of this life');
});

test('a payload that JSON does not carry is refused by name, in durable pools alone', async (context) => {
  const folder = scratchFolder();
  const lot = await open(context, folder);
  await assert.rejects(lot.pool('p').submit({ payload: { when: new Date(0) } }), {
    code: 'invalid_task',
    field: 'payload',
    message: /^payload\.when: must be JSON/,
  });
  await assert.rejects(lot.pool('p').submit({ payload: 'x'.repeat(2_000_000) }), {
    code: 'invalid_task',
    field: 'payload',
  });
});

test('a result that cannot be stored fails its task and says why', async (context) => {
  const folder = scratchFolder();
  const handlers = { p: (what: string) => (what === 'map' ? new Map() : 'x'.repeat(2_000_000)) };
  const lot = await open(context, folder, { handlers });
  const map = await (await lot.pool('p').submit({ payload: 'map' })).outcome();
  assert.deepEqual([map.status, map.reason], ['failed', 'task_failed']);
  assert.match((map.error as Error).message, /^result: must be JSON/);
  const large = await (await lot.pool('p').submit({ payload: 'large' })).outcome();
  assert.deepEqual([large.status, large.reason], ['failed', 'output_too_large']);
});

test('a result or an error that cannot be read fails its task, and its units are free', async (context) => {
  const deeds: Record<string, () => unknown> = {
    result: () => new Proxy({}, { ownKeys: () => assert.fail() }),
    nothing: () => ({
      get part() {
        throw undefined;
      },
    }),
    error: () => {
      throw Object.defineProperty(new Error(), 'message', { get: () => assert.fail() });
    },
  };
  const handlers = { p: (deed: string) => deeds[deed]?.() };
  const lot = await open(context, scratchFolder(), { handlers });
  for (const payload of Object.keys(deeds)) {
    const outcome = await (await lot.pool('p').submit({ payload })).outcome();
    assert.deepEqual([outcome.status, outcome.reason], ['failed', 'task_failed'], payload);
    assert.match((outcome.error as Error).message, /cannot be (read|shown)/);
  }
  assert.equal((await lot.pool('p').stats()).unitsInUse, 0);
});

test('two lots cannot have one folder, and the second one hears who has it', async (context) => {
  const folder = scratchFolder();
  await open(context, folder);
  await assert.rejects(ParkingLot.open(configIn(folder)), {
    code: 'unavailable',
    message: new RegExp(`in use by process ${process.pid}`),
  });
});

test('a journal that is damaged is not opened, and not touched', async () => {
  const folder = scratchFolder();
  const first = await ParkingLot.open(configIn(folder));
  for (let i = 0; i < 5; i++) await first.pool('p').submit({ taskId: `t${i}` });
  await first.close();
  const journal = readdirSync(folder).find((name) => name.startsWith('records'))!;
  const file = path.join(folder, journal);
  const bytes = readFileSync(file);
  bytes[400] = bytes[400]! ^ 0xff;
  writeFileSync(file, bytes);
  await assert.rejects(ParkingLot.open(configIn(folder)), { code: 'unavailable', message: /byte \d+/ });
  assert.deepEqual(readFileSync(file), bytes);
});

test('a torn end is cut off, and what was confirmed is there', async (context) => {
  const folder = scratchFolder();
  inAnotherLife(
    folder,
    `const lot = await ParkingLot.open(config);
    await lot.pool('p').submit({ taskId: 'kept' });
    kill();`,
  );
  const journal = readdirSync(folder)
    .filter((name) => name.startsWith('records'))
    .sort()
    .at(-1)!;
  appendFileSync(path.join(folder, journal), Buffer.from('half a frame'));
  const lot = await open(context, folder);
  assert.equal((await lot.pool('p').status('kept')).status, 'queued');
});

test('folders and files are for their user alone', async (context) => {
  const folder = path.join(scratchFolder(), 'new', 'place');
  const lot = await open(context, folder);
  await lot.pool('p').submit({ payload: 'secret' });
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of readdirSync(folder))
    assert.equal(statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
});

test('a disk that fails answers unconfirmed, says why, and is tried again until it works', async (context) => {
  const folder = scratchFolder();
  const clock = manualClock();
  const lot = await open(context, folder, { clock });
  await lot.pool('p').submit({ taskId: 'before' });
  const told: string[] = [];
  lot.onHealth(({ pools }) => told.push(`${pools.p!.status}: ${pools.p!.reason}`));
  const { fdatasync } = fs;
  context.after(() => Object.assign(fs, { fdatasync }));
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  Object.assign(fs, {
    fdatasync: (_: number, done: (error: Error) => void) => queueMicrotask(() => done(full)),
  });

  await assert.rejects(lot.pool('p').submit({ taskId: 'during' }), { code: 'unconfirmed' });
  await assert.rejects(lot.pool('p').submit({ taskId: 'meanwhile' }), { code: 'storage_unavailable' });
  assert.match(told[0]!, /^degraded: .*no space left on device/);
  assert.equal((await lot.pool('p').stats()).storage, 'failed');

  Object.assign(fs, { fdatasync });
  await clock.advance(1000);
  while ((await lot.health()).status !== 'ok') {
    await setImmediate();
    await clock.advance(1);
  }
  await lot.pool('p').submit({ taskId: 'during' });
  const { tasks } = await lot.pool('p').tasks();
  assert.deepEqual(
    tasks.map(({ taskId }) => taskId),
    ['before', 'during'],
  );
  assert.equal(told.at(-1), 'ok: undefined');
});

test('a result that waits behind a commit which fails is stored with a later one', async (context) => {
  const clock = manualClock();
  const ends: ((result: string) => void)[] = [];
  const handlers = { p: () => new Promise<string>((resolve) => ends.push(resolve)) };
  const lot = await open(context, scratchFolder(), { clock, handlers });
  const tasks = [];
  for (const taskId of ['first', 'second']) {
    tasks.push(await lot.pool('p').submit({ taskId, mailbox: { tenant: 'a' } }));
  }
  while (ends.length < 2) await setImmediate();
  const { fdatasync } = fs;
  context.after(() => Object.assign(fs, { fdatasync }));
  const failing: (() => void)[] = [];
  const fails = Object.assign(new Error('the disk failed'), { code: 'EIO' });
  Object.assign(fs, {
    fdatasync: (_: number, done: (error: Error) => void) => failing.push(() => done(fails)),
  });
  ends[0]!('one');
  while (failing.length === 0) await setImmediate();
  ends[1]!('two');
  for (let turns = 0; turns < 10; turns++) await setImmediate();
  Object.assign(fs, { fdatasync });
  for (const fail of failing) fail();

  const results = Promise.all(tasks.map((task) => task.result()));
  let arrived = await lot
    .mailbox({ tenant: 'a' })
    .fetch()
    .catch(() => []);
  for (; arrived.length < 2; await setImmediate()) {
    await clock.advance(100);
    arrived = await lot
      .mailbox({ tenant: 'a' })
      .fetch()
      .catch(() => []);
  }
  assert.deepEqual(arrived.map(({ payload }) => payload).sort(), ['one', 'two']);
  assert.deepEqual(await results, ['one', 'two']);
});

test('progress of a stored task reaches whoever submitted it', async (context) => {
  const handlers = {
    p: async (_: unknown, run: { progress(value: unknown): void }) => {
      run.progress('half');
      await setImmediate();
    },
  };
  const lot = await open(context, scratchFolder(), { handlers });
  const task = await lot.pool('p').submit({});
  const reports = [];
  for await (const value of task.progress()) reports.push(value);
  assert.deepEqual(reports, ['half']);
});

test('a stored pool that the config does not name is refused with its tasks, or kept with its payloads', async (context) => {
  const folder = scratchFolder();
  const storage = { type: 'file', path: folder } as const;
  const pool = { max_units: 1, queue: storage, mailbox: { storage } } as const;
  const both = { pools: { p: pool, q: pool } } as const;
  const one = { pools: { p: pool } } as const;
  const first = await ParkingLot.open(both);
  await first.pool('q').submit({ taskId: 'kept', payload: { n: 5 } });
  await first.close();

  await assert.rejects(ParkingLot.open(one), {
    code: 'unavailable',
    message: /holds the pool 'q' with 1 tasks.*orphans: 'keep'/,
  });
  for (let i = 0; i < 2; i++) {
    const without = await ParkingLot.open(one, { orphans: 'keep', handlers: { p: () => 1 } });
    await (await without.pool('p').submit({ taskId: `other-${i}` })).outcome();
    await without.close();
  }
  const again = await ParkingLot.open(both, { handlers: { q: ({ n }: { n: number }) => n + 1 } });
  context.after(() => again.close());
  let outcome = await again.pool('q').status('kept');
  while (outcome.status !== 'completed') {
    await setImmediate();
    outcome = await again.pool('q').status('kept');
  }
  assert.equal(outcome.outcome?.result, 6);
});

test('what to do with orphans is one of two words', async () => {
  const options = { orphans: 'drop' } as unknown as { orphans: 'keep' };
  await assert.rejects(ParkingLot.open({ pools: { p: { max_units: 1 } } }, options), {
    code: 'invalid_argument',
    field: 'orphans',
  });
});

test('a folder that cannot be made is refused at once, and the error says why', async () => {
  const file = path.join(scratchFolder(), 'file');
  writeFileSync(file, '');
  for (const [folder, why] of [
    [
      '/proc/parking-lot/store',
      /The store \/proc\/parking-lot\/store cannot be opened: .*no such file or directory/,
    ],
    [`${file}/store`, /cannot be opened: .*not a directory/],
    [file, /cannot be opened: .*file already exists/],
  ] as const) {
    await assert.rejects(ParkingLot.open(configIn(folder)), { code: 'unavailable', message: why });
  }
});

test('however a config spells a folder, it is one store', async () => {
  const folder = scratchFolder();
  const real = path.join(folder, 'real');
  const linked = path.join(folder, 'linked');
  fs.mkdirSync(real);
  fs.symlinkSync(real, linked);
  const file = (spelling: string) => ({ type: 'file', path: spelling }) as const;
  const lot = await ParkingLot.open({
    pools: {
      a: { max_units: 1, queue: file(real), mailbox: { storage: file(`${real}/`) } },
      b: { max_units: 1, queue: file(linked) },
      c: { max_units: 1, queue: file(path.relative(process.cwd(), real)) },
      d: { max_units: 1, queue: file(path.join(folder, 'new', '..', 'new')) },
    },
  });
  const { stores } = await lot.health();
  await lot.close();
  assert.deepEqual(
    stores.map(({ location }) => location),
    [fs.realpathSync(real), path.join(fs.realpathSync(folder), 'new')],
  );
});

test('a file URL is the folder that it names, and one that names none is refused', async (context) => {
  const folder = path.join(scratchFolder(), 'a b');
  const lot = await open(context, pathToFileURL(folder).href);
  await lot.pool('p').submit({ taskId: 'kept' });
  assert.deepEqual(
    (await lot.health()).stores.map(({ location }) => location),
    [path.join(fs.realpathSync(path.dirname(folder)), 'a b')],
  );
  assert.ok(readdirSync(folder).some((name) => name.startsWith('records-')));
  await assert.rejects(ParkingLot.open(configIn('file://elsewhere/lot')), {
    code: 'unavailable',
    message: /The store file:\/\/elsewhere\/lot names no folder of this machine/,
  });
  assert.equal(fs.existsSync('file:'), false);
});

test('a store keeps its config beside it, with the pools of earlier openings', async () => {
  const folder = scratchFolder();
  const pool = (units: number) => ({ max_units: units, queue: { type: 'file', path: folder } }) as const;
  const stored = () => JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8'));
  await (await ParkingLot.open({ pools: { a: pool(1), other: { max_units: 3 } } })).close();
  assert.deepEqual(Object.keys(stored().pools), ['a']);
  await (await ParkingLot.open({ pools: { b: pool(2) } }, { orphans: 'keep' })).close();
  const { pools } = stored();
  assert.deepEqual(Object.keys(pools).sort(), ['a', 'b']);
  assert.deepEqual([pools.a.max_units, pools.b.max_units], [1, 2]);
  assert.equal(pools.b.queue.path, '.', 'stores can be moved');
});

test('a store with payloads whose records are gone is not begun anew', async () => {
  const folder = scratchFolder();
  const lot = await ParkingLot.open(configIn(folder));
  await lot.pool('p').submit({ payload: 'some bytes', mailbox: { tenant: 'a' } });
  await lot.close();
  for (const name of readdirSync(folder)) if (name.startsWith('records-')) fs.rmSync(path.join(folder, name));
  await assert.rejects(ParkingLot.open(configIn(folder)), {
    code: 'unavailable',
    message: /its records are gone/,
  });
});
