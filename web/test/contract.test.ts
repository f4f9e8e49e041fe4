import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as codes from '../src/codes.js';
import { refusalSentences } from '../src/refusal.js';
import { durableModule } from '../src/wasm/durable-module.js';
import { loadModule } from '../src/wasm/load.js';
import type { RawFiles, RawFunctions, RawSetup } from '../src/wasm/raw.js';
import { volatileModule } from '../src/wasm/volatile-module.js';

/** The compiler checks these against raw.ts, the tests against the module: so raw.ts is checked against the module. */
type Arities<T> = { [K in keyof T]: T[K] extends (...all: infer A) => unknown ? A['length'] : never };

const functions: Arities<RawFunctions> = {
  _pl_text_in: 0,
  _pl_text_capacity: 0,
  _pl_numbers_in: 0,
  _pl_flush: 2,
  _pl_queued: 0,
  _pl_take: 0,
  _pl_entries: 0,
  _pl_text_out: 0,
  _pl_watch: 1,
  _pl_name: 1,
  _pl_mailbox_key: 3,
  _pl_release_name: 1,
  _pl_submit_fast: 6,
  _pl_submit: 0,
  _pl_cancel_submission: 1,
  _pl_executor_ready: 5,
  _pl_executor_gone: 3,
  _pl_running: 1,
  _pl_heartbeat: 1,
  _pl_usage: 2,
  _pl_finished: 2,
  _pl_failed: 4,
  _pl_task: 7,
  _pl_cancel_tenant: 3,
  _pl_client_gone: 1,
  _pl_list: 5,
  _pl_set_pool_state: 3,
  _pl_fetch: 5,
  _pl_acknowledge: 3,
  _pl_subscribe: 1,
  _pl_unsubscribe: 1,
  _pl_stats: 1,
  _pl_memory_bytes: 0,
  _pl_task_id: 2,
  _pl_bytes_in: 1,
  _pl_put: 1,
  _pl_read: 1,
  _pl_bytes_out: 0,
  _pl_files_synced: 2,
  _pl_storage_state: 0,
  _pl_settle_storage: 0,
};

const setup: Arities<RawSetup> = {
  checkConfig: 3,
  openLot: 10,
  closeLot: 0,
  storageTrouble: 1,
  storageMayWait: 1,
  poolIndex: 1,
  reconfigure: 3,
  queryAudit: 7,
  pastOfPool: 2,
  findUser: 2,
  eraseUser: 2,
  version: 0,
};

for (const packaged of [volatileModule, durableModule]) {
  test(`${packaged.name}: the plain exports are those of raw.ts, with as many arguments`, async () => {
    const { raw } = await loadModule(packaged);
    const found = Object.entries(raw)
      .filter(([name, value]) => name.startsWith('_pl_') && typeof value === 'function')
      .map(([name, value]) => [name, (value as () => void).length]);
    assert.deepEqual(Object.fromEntries(found.sort()), Object.fromEntries(Object.entries(functions).sort()));
  });

  test(`${packaged.name}: the Embind functions are those of raw.ts, with as many arguments`, async () => {
    const { raw } = await loadModule(packaged);
    const module = raw as unknown as Record<string, (...all: unknown[]) => unknown>;
    for (const [name, arity] of Object.entries(setup)) {
      const tooMany = Array.from({ length: arity + 1 }, () => '');
      assert.throws(
        () => module[name]!(...tooMany),
        new RegExp(`called with ${arity + 1} arguments, expected ${arity}`),
      );
    }
  });

  test(`${packaged.name}: without an open lot a call of the module does nothing`, async () => {
    const { raw } = await loadModule(packaged);
    assert.equal(raw._pl_flush(0, 0), 0);
    raw._pl_submit_fast(1, 0, 0, 1, 1, 0);
    assert.equal(raw._pl_take(), 0);
    assert.equal(raw.poolIndex('llm'), -1);
  });
}

test('only the module with storage has a file system', async () => {
  const found = async (packaged: typeof durableModule) => {
    const { FS, IDBFS } = (await loadModule(packaged)).raw as Partial<RawFiles>;
    return [typeof FS?.open, typeof IDBFS?.syncfs];
  };
  assert.deepEqual(await found(durableModule), ['function', 'function']);
  assert.deepEqual(await found(volatileModule), ['undefined', 'undefined']);
});

test('the vocabularies are those of the core, in its numbering', () => {
  const core = JSON.parse(process.env.PARKING_LOT_CODES!) as Record<
    string,
    { name: string; number: number; sentence?: string }[]
  >;
  const lists: Record<string, [readonly string[], number]> = {
    Priority: [codes.priorities, 0],
    ResourceKind: [codes.resourceKinds, 0],
    Status: [codes.statuses, 0],
    Refusal: [codes.refusals, codes.firstRefusal],
    Reason: [codes.reasons, 0],
    PoolState: [codes.poolStates, 0],
    StreamState: [codes.streamStates, 0],
    Action: [codes.actions, 0],
    SubjectKind: [codes.subjectKinds, 0],
    Policy: [codes.policies, 0],
    Dedup: [codes.dedups, 0],
    OnDisconnect: [codes.onDisconnects, 0],
    Wait: [codes.waits, 0],
  };
  assert.deepEqual(Object.keys(core).sort(), Object.keys(lists).sort());
  for (const [type, [names, first]] of Object.entries(lists)) {
    const ours = names.map((name, i) => ({ name, number: i + first }));
    assert.deepEqual(
      core[type]!.map(({ name, number }) => ({ name, number })),
      ours,
      type,
    );
  }
  const sentences = Object.fromEntries(core.Refusal!.map(({ name, sentence }) => [name, sentence]));
  assert.deepEqual(refusalSentences, sentences);
});
