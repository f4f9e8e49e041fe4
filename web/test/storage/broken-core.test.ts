import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ParkingLot } from 'prometheus-parking-lot';
import { scratchFolder } from './scratch.js';

interface Core {
  readonly raw: { _pl_files_synced: () => never; readonly HEAPU8: Uint8Array };
  flush: () => never;
}

/** What the WebAssembly module does when an invariant of it is broken. */
function trap(): never {
  throw new WebAssembly.RuntimeError('unreachable');
}

async function open(context: TestContext, folder: string) {
  const storage = { type: 'file', path: folder } as const;
  const lot = await ParkingLot.open({
    pools: { p: { max_units: 1, durability: 'strict', queue: storage, mailbox: { storage } } },
  });
  context.after(() => lot.close());
  const { core } = (lot as unknown as { home: { host: { core: Core } } }).home.host;
  return { lot, pool: lot.pool('p'), core };
}

const breakages: Record<string, (core: Core) => void> = {
  'while it is given work': (core) => {
    core.flush = trap;
  },
  'when its memory is no more what it was': ({ raw }) => {
    raw.HEAPU8.fill(0xff, 4096);
  },
  'over the news of a commit': (core) => {
    core.raw._pl_files_synced = trap;
  },
};

for (const [when, breakIt] of Object.entries(breakages)) {
  test(`a core that stops ${when} says so everywhere, and what was acknowledged is there for the next lot`, async (context) => {
    const folder = scratchFolder();
    const { lot, pool, core } = await open(context, folder);
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    context.after(() => process.off('unhandledRejection', note));
    const tasks = [];
    for (let i = 0; i < 5; i++) tasks.push(await pool.submit({ taskId: `t${i}`, payload: i }));
    breakIt(core);
    const error = { code: 'internal_error', message: /The scheduler's core stopped; open the lot anew/ };
    await assert.rejects(pool.submit({ taskId: 'lost' }), error);
    for (const task of tasks) await assert.rejects(task.outcome(), error);
    await assert.rejects(lot.health(), error);
    await assert.rejects(lot.mailbox({ tenant: 'a' }).subscribe().next(), error);

    // The broken one has let go of the folder.
    const next = await open(context, folder);
    const listed = (await next.pool.tasks()).tasks.map(({ taskId }) => taskId);
    assert.deepEqual(
      listed.filter((id) => id !== 'lost'),
      ['t0', 't1', 't2', 't3', 't4'],
    );
    await lot.close();
    await next.pool.submit({ taskId: 'after' });
    assert.deepEqual(unhandled, []);
  });
}
