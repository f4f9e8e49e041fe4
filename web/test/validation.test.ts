import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParkingLot, type PoolSettings } from 'prometheus-parking-lot';
import { openLot } from './lot.js';

const config = { pools: { p: { max_units: 4 } } };

test('every malformed field of a task is refused with a message that names it and says what it must be', async (context) => {
  const { lot } = await openLot(context, config);
  const cases: [Record<string, unknown>, string, string?][] = [
    [{ units: 1.5 }, 'units: must be a whole number from 0 to 9007199254740991, got 1.5'],
    [{ units: '2' }, 'units: must be a whole number from 0 to 9007199254740991, got "2"'],
    [{ units: -1 }, 'units: must be a whole number from 0 to 9007199254740991, got -1'],
    [{ units: Number.NaN }, 'units: must be a whole number from 0 to 9007199254740991, got NaN'],
    [{ units: 2 ** 53 }, 'units: must be a whole number from 0 to 9007199254740991, got 9007199254740992'],
    [
      { taskId: '\ud800' },
      'taskId: must be a well-formed text of 1 to 128 bytes without control characters, got "\\ud800"',
    ],
    [{ priority: 'urgent' }, 'priority: must be one of low, normal, high, critical, got "urgent"'],
    [{ priority: 'toString' }, 'priority: must be one of low, normal, high, critical, got "toString"'],
    [{ prioritiy: 'high' }, 'prioritiy: is not a field of a task; did you mean priority?'],
    [{ colour: 'red' }, 'colour: is not a field of a task; see the fields of TaskSpec'],
    [
      { deadline: 'tomorrow' },
      'deadline: must be a time within 100 years: Unix milliseconds, a Date, an RFC 3339 text, or relative like 30s, got "tomorrow"',
      'invalid_deadline',
    ],
    [
      { deadline: new Date(Number.NaN) },
      'deadline: must be a time within 100 years: Unix milliseconds, a Date, an RFC 3339 text, or relative like 30s, got an invalid Date',
      'invalid_deadline',
    ],
    [
      { timeout: '5 parsecs' },
      'timeout: must be milliseconds or a text like 250ms, 30s, 5m, 2h, at most 100 years, got "5 parsecs"',
    ],
    [
      { timeout: -1 },
      'timeout: must be milliseconds or a text like 250ms, 30s, 5m, 2h, at most 100 years, got -1',
    ],
    [
      { taskId: '' },
      'taskId: must be a well-formed text of 1 to 128 bytes without control characters, got ""',
    ],
    [
      { taskId: 'a\nb' },
      'taskId: must be a well-formed text of 1 to 128 bytes without control characters, got "a\\nb"',
    ],
    [
      { taskId: 'ü'.repeat(65) },
      `taskId: must be a well-formed text of 1 to 128 bytes without control characters, got "${'ü'.repeat(40)}"… (65 characters)`,
    ],
    [{ tenant: 7 }, 'tenant: must be a well-formed text of 1 to 128 bytes without control characters, got 7'],
    [
      { mailbox: 'ann' },
      'mailbox: must be an object with tenant, user, session, user_id, userId, session_id, sessionId, got "ann"',
    ],
    [
      { mailbox: { user: 'ann' } },
      'mailbox.tenant: must be a well-formed text of 1 to 128 bytes without control characters, got undefined',
    ],
    [{ mailbox: { tenant: 'a', usr: 'ann' } }, 'mailbox.usr: is not known; did you mean user?'],
    [{ retry: { maxAttempts: 0 } }, 'retry.maxAttempts: must be a whole number from 1 to 65535, got 0'],
    [
      { retry: { backoff: { factorPercent: 50 } } },
      'retry.backoff.factorPercent: must be a whole number from 100 to 10000, got 50',
    ],
    [{ retry: 3 }, 'retry: must be an object with maxAttempts, max_attempts, backoff, got 3'],
    [{ maxLost: 1e6 }, 'maxLost: must be a whole number from 0 to 65535, got 1000000'],
    [{ dedup: 'merge' }, 'dedup: must be one of join, reject, replace, got "merge"'],
    [{ onDisconnect: true }, 'onDisconnect: must be one of keep, cancel, got true'],
    [{ kind: 'ram' }, 'kind: must be one of cpu, gpu_vram, io, mixed, got "ram"'],
    [
      { resource_cost: { units: 0.1 } },
      'resource_cost.units: must be a whole number from 0 to 9007199254740991, got 0.1',
    ],
  ];
  for (const [spec, message, code = 'invalid_task'] of cases) {
    await assert.rejects(lot.pool('p').submit(spec), { name: 'ParkingLotError', code, message });
  }
  assert.equal((await lot.pool('p').stats()).admitted, 0);
});

test('what belongs to submit is not taken by run, and the other way round', async (context) => {
  const { lot } = await openLot(context, config);
  await assert.rejects(
    lot.pool('p').run(() => 1, { payload: 1 } as never),
    {
      message: 'payload: belongs to pool.submit(); pool.run() does not take it',
    },
  );
  await assert.rejects(lot.pool('p').submit({ signal: new AbortController().signal } as never), {
    message: 'signal: belongs to pool.run(), or to the second argument of pool.submit()',
  });
  await assert.rejects(lot.pool('p').run('fn' as never), { message: 'fn: must be a function, got "fn"' });
  await assert.rejects(
    lot.pool('p').run(() => 1, { signal: {} as never }),
    { field: 'signal' },
  );
  await assert.rejects(lot.pool('p').submit(null as never), { field: 'task', code: 'invalid_argument' });
  const strays: [options: unknown, field: string][] = [
    [{ signal: { aborted: false } }, 'signal'],
    [{ signal: 'x' }, 'signal'],
    [{ priority: 'high' }, 'options.priority'],
    [null, 'options'],
    [5, 'options'],
  ];
  for (const [options, field] of strays) {
    await assert.rejects(lot.pool('p').submit({}, options as never), { field, code: 'invalid_argument' });
  }
  assert.equal((await lot.pool('p').stats()).parked, 0);
});

test('the long names of job files and of the HTTP interface mean the same', async (context) => {
  const { lot, clock } = await openLot(context, config);
  const task = await lot.pool('p').submit({
    task_id: 'job-1',
    resource_cost: { kind: 'io', units: 3 },
    mailbox_key: { tenant: 'acme', user_id: 'ann', session_id: 's' },
    start_after: '1m',
    max_lost: 0,
    on_disconnect: 'cancel',
    retry: { max_attempts: 2, backoff: { factor_percent: 150, jitter_percent: 10 } },
    deadline: new Date(clock.wall() + 3_600_000).toISOString(),
  });
  const view = await task.status();
  assert.equal(view.taskId, 'job-1');
  assert.deepEqual([view.kind, view.units], ['io', 3]);
  assert.deepEqual(view.mailbox, { tenant: 'acme', user: 'ann', session: 's' });
  assert.equal(view.tenant, 'acme');
  assert.deepEqual(view.readyAt, new Date(clock.wall() + 60_000));
  assert.deepEqual(view.deadline, new Date(clock.wall() + 3_600_000));
});

test('fields that are undefined count as absent', async (context) => {
  const { lot } = await openLot(context, config);
  const task = await lot
    .pool('p')
    .submit({ units: undefined, deadline: undefined, taskId: undefined } as never);
  assert.equal((await task.status()).units, 1);
});

test('arguments of the other methods are checked by name as well', async (context) => {
  const { lot } = await openLot(context, config);
  const pool = lot.pool('p');
  await assert.rejects(pool.tasks({ limit: 0 }), { field: 'limit', code: 'invalid_argument' });
  await assert.rejects(pool.tasks({ status: 'done' as never }), { field: 'status' });
  await assert.rejects(pool.status('' as never), { field: 'taskId' });
  await assert.rejects(pool.setPriority('a', 'top' as never), { field: 'priority' });
  await assert.rejects(pool.cancelTenant('' as never), { field: 'tenant' });
});

test('settings and configs that JSON cannot carry are refused by name, all at once', async (context) => {
  const { lot } = await openLot(context, config);
  const cyclic: Record<string, unknown> = { max_units: 3 };
  cyclic.tenants = { self: cyclic };
  const cases: [unknown, string][] = [
    [
      { max_units: 3n, ageing_secs: Number.NaN, policy: () => 'strict' },
      'max_units: must be JSON, not the BigInt 3n; write a plain number. ageing_secs: must be JSON, not NaN. policy: must be JSON, not a function.',
    ],
    [cyclic, 'tenants.self: must be JSON, not an object that contains itself.'],
    [new Map([['max_units', 3]]), 'it must be JSON, not a Map.'],
    [[], 'it must be an object, not an array; write it like {"max_units": 8}.'],
  ];
  for (const [settings, message] of cases) {
    await assert.rejects(lot.pool('p').reconfigure(settings as PoolSettings), {
      name: 'ParkingLotError',
      code: 'invalid_config',
      message: `The config cannot be used: ${message}`,
    });
  }
  await assert.rejects(ParkingLot.open({ pools: { p: { max_units: 3n as unknown as number } } }), {
    code: 'invalid_config',
    issues: [
      {
        severity: 'error',
        path: 'pools.p.max_units',
        message: 'must be JSON, not the BigInt 3n; write a plain number.',
      },
    ],
  });
  const self = { tenants: { one: { weight: 2 }, two: { weight: 2 } } };
  self.tenants.two = self.tenants.one; // twice the same is no cycle
  await lot.pool('p').reconfigure(self);
});
