import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Health, ParkingLot } from 'prometheus-parking-lot';
import { type ManualClock, manualClock } from 'prometheus-parking-lot/testing';
import { scratchFolder } from './scratch.js';

const file = (where: string) => ({ type: 'file', path: where }) as const;
const handlers = { p: (what: string) => `did ${what}` };

/** A pool whose mailboxes have a folder of their own, which can be taken away. */
function apart() {
  const folder = scratchFolder();
  const [queue, mail, away] = ['queue', 'mail', 'away'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  return { queue, mail, away, config: configOf(queue, mail) };
}
type Apart = ReturnType<typeof apart>;

function configOf(queue: string, mail: string) {
  return { pools: { p: { max_units: 1, queue: file(queue), mailbox: { storage: file(mail) } } } } as const;
}

async function open(context: TestContext, { config }: Apart, options: { clock?: ManualClock } = {}) {
  const lot = await ParkingLot.open(config, { handlers, ...options });
  context.after(() => lot.close());
  return lot;
}
type Lot = Awaited<ReturnType<typeof open>>;

async function run(lot: Lot, taskId: string): Promise<void> {
  const task = await lot.pool('p').submit({ taskId, payload: taskId, mailbox: { tenant: 'a' } });
  assert.equal(await task.result(), `did ${taskId}`);
}

const delivered = async (lot: Lot) =>
  (await lot.mailbox({ tenant: 'a' }).fetch()).map(({ taskId, payload }) => `${taskId}: ${payload}`);

/** The first so many tasks of which a subscription hears. */
async function firstOf(lot: Lot, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { taskId } of lot.mailbox({ tenant: 'a' }).subscribe()) {
    seen.push(taskId);
    if (seen.length === count) break;
  }
  return seen;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, 'it did not happen within 20 s');
    await setTimeout(5);
  }
}

/** Until the store is back, and everything that it was owed is in it. */
async function recovered(lot: Lot, clock?: ManualClock): Promise<void> {
  await eventually(async () => {
    await clock?.advance(1000);
    const { status, pools } = await lot.health();
    return status === 'ok' && pools.p!.undelivered === 0;
  });
}

/** A lot in this process, which has run `a` and delivered it. */
async function liveOnce(place: Apart): Promise<void> {
  const lot = await ParkingLot.open(place.config, { handlers });
  await run(lot, 'a');
  await eventually(async () => (await delivered(lot)).length === 1);
  await lot.close();
}

/** Runs a task in a process of its own, which is killed with -9 while the outcome is held. */
function heldLife({ config }: Apart, taskId: string): void {
  const script = `
    import { ParkingLot } from ${JSON.stringify(import.meta.resolve('prometheus-parking-lot'))};
    const handlers = { p: (what) => 'did ' + what };
    const lot = await ParkingLot.open(${JSON.stringify(config)}, { handlers });
    const task = await lot.pool('p').submit(
      { taskId: '${taskId}', payload: '${taskId}', mailbox: { tenant: 'a' } });
    await task.result();
    process.stdout.write((await lot.health()).status);
    process.kill(process.pid, 'SIGKILL');`;
  const life = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.equal(life.signal, 'SIGKILL', life.stderr);
  assert.equal(life.stdout, 'degraded');
}

function journalIn(folder: string): string {
  return path.join(folder, readdirSync(folder).find((name) => name.startsWith('records'))!);
}

function damage(folder: string): void {
  const bytes = readFileSync(journalIn(folder));
  bytes[100] = bytes[100]! ^ 0xff;
  writeFileSync(journalIn(folder), bytes);
}

const ills: Record<string, { befall(place: Apart): void; reason: RegExp }> = {
  'that is gone': {
    befall: () => undefined,
    reason: /mail: holds no store any more: bring back what was there/,
  },
  'that is damaged': {
    befall({ mail, away }) {
      cpSync(away, mail, { recursive: true });
      damage(mail);
    },
    reason: /mail.*records-.* byte \d+/,
  },
  'whose records are gone': {
    befall({ mail, away }) {
      cpSync(away, mail, { recursive: true });
      rmSync(journalIn(mail));
    },
    reason: /mail: has payloads, but its records are gone/,
  },
};

for (const [which, { befall, reason }] of Object.entries(ills)) {
  test(`a pool works on without a mailbox store ${which}, which gets the outcomes once it is back`, async (context) => {
    const place = apart();
    await liveOnce(place);
    renameSync(place.mail, place.away);
    befall(place);
    const found = existsSync(place.mail)
      ? readdirSync(place.mail).filter((name) => !name.startsWith('.'))
      : [];

    const lot = await open(context, place);
    const told: Health[] = [];
    lot.onHealth((health) => told.push(health));
    await run(lot, 'b');
    const { status, pools, stores } = await lot.health();
    assert.deepEqual([status, pools.p!.status, pools.p!.undelivered], ['degraded', 'degraded', 1]);
    assert.match(pools.p!.reason!, reason);
    assert.deepEqual(
      stores.map((store) => [store.location, store.status]),
      [
        [fs.realpathSync(place.queue), 'ok'],
        [path.join(fs.realpathSync(path.dirname(place.mail)), 'mail'), 'degraded'],
      ],
    );
    await assert.rejects(lot.mailbox({ tenant: 'a' }).fetch(), {
      code: 'storage_unavailable',
      message: reason,
    });
    const subscribed = firstOf(lot, 2);
    const left = existsSync(place.mail)
      ? readdirSync(place.mail).filter((name) => !name.startsWith('.'))
      : [];
    assert.deepEqual(left, found, 'nobody puts anything in its place');

    rmSync(place.mail, { recursive: true, force: true });
    renameSync(place.away, place.mail);
    await recovered(lot);
    assert.deepEqual(await delivered(lot), ['a: did a', 'b: did b']);
    assert.deepEqual(await subscribed, ['a', 'b'], 'who subscribed has waited');
    assert.equal(told.at(-1)!.status, 'ok');
  });
}

test('outcomes that were held are delivered once, whatever is killed and started in between', async (context) => {
  const place = apart();
  await liveOnce(place);
  renameSync(place.mail, place.away);
  heldLife(place, 'b');
  heldLife(place, 'c');
  const lot = await open(context, place);
  await run(lot, 'd');
  renameSync(place.away, place.mail);
  await recovered(lot);
  const all = ['a: did a', 'b: did b', 'c: did c', 'd: did d'];
  assert.deepEqual((await delivered(lot)).sort(), all);
  await lot.close();
  const next = await open(context, place);
  await recovered(next);
  assert.deepEqual((await delivered(next)).sort(), all);
});

test('a mailbox store that is taken away while it is open, and fails, is not made anew', async (context) => {
  const place = apart();
  await liveOnce(place);
  const clock = manualClock();
  const lot = await open(context, place, { clock });
  const { readSync, writeSync } = fs;
  const failing = <Call extends (number: number, ...rest: never[]) => number>(call: Call) =>
    ((number, ...rest) => {
      if (/\/away\/records/.test(fs.readlinkSync(`/proc/self/fd/${number}`)))
        throw new Error('the disk is gone');
      return call(number, ...rest);
    }) as Call;
  context.after(() => Object.assign(fs, { readSync, writeSync }));
  renameSync(place.mail, place.away);
  Object.assign(fs, { readSync: failing(readSync), writeSync: failing(writeSync) });
  await run(lot, 'b');
  await eventually(async () => {
    await clock.advance(1000);
    return /holds no store any more/.test((await lot.health()).pools.p!.reason ?? '');
  });
  await clock.advance(120_000);
  assert.equal(existsSync(place.mail), false);
  Object.assign(fs, { readSync, writeSync });
  renameSync(place.away, place.mail);
  await recovered(lot, clock);
  assert.deepEqual(await delivered(lot), ['a: did a', 'b: did b']);
});

test('a damaged mailbox store that somebody takes away is waited for, with pauses', async (context) => {
  const place = apart();
  await liveOnce(place);
  cpSync(place.mail, place.away, { recursive: true });
  damage(place.mail);
  const clock = manualClock();
  const lot = await open(context, place, { clock });
  rmSync(place.mail, { recursive: true });
  const { readdirSync: list } = fs;
  context.after(() => Object.assign(fs, { readdirSync: list }));
  let looks = 0;
  Object.assign(fs, {
    readdirSync(folder: string, ...rest: []) {
      if (folder.endsWith('/mail')) looks++;
      return list(folder, ...rest);
    },
  });
  for (let second = 0; second < 120; second++) {
    await clock.advance(1000);
    await run(lot, `t${second}`);
  }
  assert.ok(looks >= 4 && looks <= 10, `${looks} looks in two minutes`);
  assert.equal(existsSync(place.mail), false);
  renameSync(place.away, place.mail);
  await recovered(lot, clock);
  assert.equal((await lot.mailbox({ tenant: 'a' }).fetch({ limit: 1000 })).length, 121);
});

test('a lot that is closed while its mailbox folder is elsewhere lets go of it all the same', async (context) => {
  const place = apart();
  await liveOnce(place);
  const lot = await open(context, place);
  renameSync(place.mail, place.away);
  await lot.close();
  const held = await open(context, place);
  await run(held, 'b');
  renameSync(place.away, place.mail);
  await recovered(held);
  assert.deepEqual(await delivered(held), ['a: did a', 'b: did b']);
});

test('a mailbox store that was never there, or has another owner, is an error at the opening', async (context) => {
  const place = apart();
  writeFileSync(place.mail, 'a file where the folder should be');
  await assert.rejects(ParkingLot.open(place.config), {
    code: 'unavailable',
    message: /file already exists/,
  });
  rmSync(place.mail);
  await liveOnce(place);
  const other = apart();
  await open(context, { ...other, config: configOf(other.queue, place.mail) });
  await assert.rejects(ParkingLot.open(place.config), {
    code: 'unavailable',
    message: new RegExp(`mail is in use by process ${process.pid}`),
  });
});
