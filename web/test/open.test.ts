import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type Executor, ParkingLot } from 'prometheus-parking-lot';
import { openLot } from './lot.js';
import { scratchFolder } from './storage/scratch.js';

const wasmUrl = new URL(import.meta.resolve('prometheus-parking-lot/parking-lot.wasm'));
const durableUrl = new URL(import.meta.resolve('prometheus-parking-lot/parking-lot-durable.wasm'));

test('a wrong config is refused with all that is wrong, each with its path', async () => {
  const wrong = { pools: { llm: { max_units: -1, max_queue_dept: 3 }, gpu: {} } } as never;
  await assert.rejects(ParkingLot.open(wrong), (error: { code: string; issues: { path: string }[] }) => {
    assert.equal(error.code, 'invalid_config');
    const paths = error.issues.map((issue) => issue.path);
    assert.ok(paths.includes('pools.llm.max_units'), paths.join());
    assert.ok(
      paths.some((path) => path.startsWith('pools.llm.max_queue_dept')),
      paths.join(),
    );
    assert.ok(
      paths.some((path) => path.startsWith('pools.gpu')),
      paths.join(),
    );
    return true;
  });
  await assert.rejects(ParkingLot.open(undefined as never), { code: 'invalid_config' });
});

test('every value of a config reaches the core as it was written', async () => {
  const nested = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`);
  const messageOf = async (pool: object) => {
    const opening = ParkingLot.open({ pools: { llm: { max_units: 8, ...pool } } } as never);
    const error = await opening.then(
      () => assert.fail('it was opened'),
      (refusal: { issues: { path: string; message: string }[] }) => refusal,
    );
    return error.issues.map(({ path, message }) => `${path}: ${message}`).join();
  };
  const found = [
    [{ max_units: 1.5 }, 'must be a whole number from 0 to 9007199254740991, not 1.5; write it without'],
    [{ max_units: -3 }, 'not -3'],
    [{ max_units: 2 ** 60 }, 'not 1152921504606847000'],
    [{ max_units: 1e30 }, 'not 1e+30'],
    [{ max_units: true }, 'not true'],
    [{ max_units: null }, 'not null'],
    [{ max_units: 'acht' }, 'not a string'],
    [{ max_units: [8, { a: [] }] }, 'not an array'],
    [{ 'größe 🅿 "x"': 1 }, 'pools.llm.größe 🅿 "x": unknown key'],
    [{ '\ud83c': 1 }, 'pools.llm.\ufffd: unknown key'],
    [{ max_units: nested }, 'The nesting is deeper than 64 levels; flatten it.'],
  ] as const;
  for (const [pool, message] of found) {
    const told = await messageOf(pool);
    assert.ok(told.includes(message), `${told} does not say: ${message}`);
  }
});

test('storage that this build does not have is refused by pool and key', async () => {
  const durable = { pools: { llm: { max_units: 8, queue: 'idbfs', mailbox: 'idbfs' } } } as const;
  await assert.rejects(ParkingLot.open(durable), (error: { code: string; issues: { path: string }[] }) => {
    assert.equal(error.code, 'unavailable');
    assert.deepEqual(
      error.issues.map((issue) => issue.path),
      ['pools.llm.queue', 'pools.llm.mailbox.storage'],
    );
    return true;
  });
});

test('an unknown pool is refused with the name that was meant', async (context) => {
  const { lot } = await openLot(context, { pools: { images: { max_units: 1 }, llm: { max_units: 1 } } });
  assert.throws(() => lot.pool('image' as never), { code: 'unknown_pool', message: /did you mean images\?/ });
  assert.throws(() => lot.pool('x' as never), {
    code: 'unknown_pool',
    message: /the config has images, llm/,
  });
});

test('handlers, workers and executors must name pools of the config', async () => {
  const config = { pools: { p: { max_units: 1 } } };
  await assert.rejects(ParkingLot.open(config, { handlers: { q: () => 1 } }), {
    message: 'handlers.q: is not known; known here: p',
  });
  await assert.rejects(ParkingLot.open(config, { workers: { q: (() => undefined) as never } }), {
    field: 'workers.q',
  });
});

test('what cannot be an option of open, or of a query, is refused with its name before anything runs', async (context) => {
  const config = { pools: { p: { max_units: 1 } } };
  const options: [given: unknown, field: string][] = [
    [null, 'options'],
    [{ handlrs: {} }, 'options.handlrs'],
    [{ clock: 5 }, 'clock'],
    [{ handlers: 'x' }, 'handlers'],
    [{ handlers: { p: 5 } }, 'handlers.p'],
    [{ executors: { p: {} } }, 'executors.p'],
    [{ workers: '' }, 'workers'],
    [{ workers: { p: 5 } }, 'workers.p'],
    [{ workers: { p: { create: () => undefined, size: 0 } } }, 'workers.p.size'],
  ];
  for (const [given, field] of options) {
    await assert.rejects(ParkingLot.open(config, given as never), { code: 'invalid_argument', field });
  }

  const { lot } = await openLot(context, config);
  const mailbox = lot.mailbox({ tenant: 't' });
  const { audit } = lot;
  const queries: [asked: () => Promise<unknown>, field: string][] = [
    [() => lot.pool('p').tasks(null as never), 'query'],
    [() => lot.pool('p').tasks({ statsu: 'queued' } as never), 'query.statsu'],
    [() => mailbox.fetch(null as never), 'query'],
    [() => mailbox.fetch({ limt: 1 } as never), 'query.limt'],
    [() => audit.query(null as never), 'query'],
    [() => audit.query({ after: Symbol('x') } as never), 'after'],
    [() => audit.query({ subject: { kind: 'task', id: 'a', of: 'p' } } as never), 'subject.of'],
    [() => audit.eraseUser(undefined as never), 'whom'],
  ];
  for (const [asked, field] of queries) {
    await assert.rejects(asked(), { code: 'invalid_argument', field });
  }
  for (const name of [5n, globalThis, Object.create(null), 'x'.repeat(1e6)]) {
    assert.throws(
      () => lot.pool(name as never),
      (error: Error & { code?: string }) => error.code === 'unknown_pool' && error.message.length < 200,
    );
  }
});

test('variables in the config come from the given environment', async () => {
  const level = ['$', '{LEVEL}'].join('');
  const config = { pools: { p: { max_units: 1 } }, log: level };
  const lot = await ParkingLot.open(config, { environment: { LEVEL: 'warn' } });
  await lot.close();
  await assert.rejects(ParkingLot.open(config, { environment: {} }), {
    code: 'invalid_config',
    message: /LEVEL/,
  });
});

test('the module may be given as bytes, compiled, as a response, or by its address', async () => {
  const bytes = new Uint8Array(await readFile(wasmUrl));
  const headers = { 'content-type': 'application/wasm' };
  const sources = [
    bytes,
    await WebAssembly.compile(bytes),
    new Response(bytes, { headers }),
    new Response(bytes),
    wasmUrl,
    wasmUrl.href,
    Promise.resolve(bytes),
  ];
  for (const wasm of sources) {
    const lot = await ParkingLot.open({ pools: { p: { max_units: 1 } } }, { wasm });
    assert.equal(await lot.pool('p').run(() => 'works'), 'works');
    await lot.close();
  }
  await assert.rejects(ParkingLot.open({ pools: { p: { max_units: 1 } } }, { wasm: new Uint8Array(8) }), {
    code: 'unavailable',
    message: /The WebAssembly module cannot be loaded/,
  });
});

test('the module that is given is that of the config; the other one is refused by name', async () => {
  const volatile = { pools: { p: { max_units: 1 } } };
  await assert.rejects(ParkingLot.open(volatile, { wasm: durableUrl }), {
    code: 'unavailable',
    message: /it is not the parking-lot\.wasm of this version/,
  });
  const durable = { pools: { p: { max_units: 1, queue: { type: 'file', path: scratchFolder() } } } } as const;
  await assert.rejects(ParkingLot.open(durable, { wasm: wasmUrl }), {
    code: 'unavailable',
    message: /it is not the parking-lot-durable\.wasm of this version/,
  });
  const lot = await ParkingLot.open(durable, { wasm: durableUrl });
  assert.equal((await lot.health()).durability, 'durable');
  await lot.close();
});

test('storage that only the JSON text of a config shows is refused, with what to do', async () => {
  const pool = {
    max_units: 1,
    toJSON: () => ({ max_units: 1, queue: { type: 'file', path: scratchFolder() } }),
  };
  await assert.rejects(ParkingLot.open({ pools: { pool } } as never), {
    code: 'unavailable',
    message: /give its pools as plain objects/,
  });
});

test('importing the package touches no global of a browser, so that servers may render with it', async () => {
  const source = await readFile(new URL(import.meta.resolve('prometheus-parking-lot')), 'utf8');
  assert.ok(source.length > 0);
  assert.equal(typeof (globalThis as { document?: unknown }).document, 'undefined');
  await import('prometheus-parking-lot');
});

test('the shipped schema describes the config', async () => {
  const schema = JSON.parse(
    await readFile(new URL(import.meta.resolve('prometheus-parking-lot/config-schema')), 'utf8'),
  );
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.deepEqual(schema.required, ['pools']);
});

test('what is no executor is refused where it is given', async () => {
  await assert.rejects(
    ParkingLot.open(
      { pools: { p: { max_units: 1 } } },
      { executors: { p: (async () => 'a result') as unknown as () => Executor } },
    ),
    /executors\.p must return an executor with start, stop and close; .*`handlers`/,
  );
});

test('an error that nobody catches is printed with a line of code, not with a page', () => {
  const script = `
    import { ParkingLot } from ${JSON.stringify(import.meta.resolve('prometheus-parking-lot'))};
    await ParkingLot.open({ pools: { p: { max_units: 'many' } } });`;
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /pools\.p\.max_units/);
  const longest = Math.max(...stderr.split('\n').map((line) => line.length));
  assert.ok(longest < 1000, `a line of ${longest} characters is printed`);
});
