// The packed tarball, as strangers use it.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import * as esbuild from 'esbuild';
import * as vite from 'vite';
import webpack from 'webpack';

import { launchBrowser, reportOf } from './pages.mjs';
import { makeProject, packPackage, runIn, toolOf } from './project.mjs';

const expected = {
  seen: [
    { taskId: 'sum', status: 'completed', result: { sum: 10, inPage: false } },
    { taskId: 'wrong', status: 'failed', error: 'the payload is no list' },
  ],
  ran: 'attempt 1',
  running: 0,
  parked: 0,
  completed: 1,
  failed: 1,
};

const installed = 'node_modules/prometheus-parking-lot';
let tarball;
let packedFiles;
let chromium;

before(async () => {
  ({ tarball, files: packedFiles } = await packPackage());
  chromium = await launchBrowser();
});
after(() => chromium?.close());

/** Without the properties that are undefined, as they come out of a page. */
const plain = (value) => JSON.parse(JSON.stringify(value));

async function assertPageWorks(folder) {
  const { report, complaints } = await reportOf(chromium, folder);
  assert.deepEqual(plain(report), { inMemory: expected, stored: expected });
  assert.deepEqual(complaints, []);
}

describe('the tarball', () => {
  test('holds what its exports name, with types, and no sources or tests', () => {
    for (const wanted of ['index.js', 'worker.js', 'testing.js', 'storage.js', 'garage.js', 'garage-storage.js', 'host-worker.js', 'garage-worker.js', 'parking_lot.wasm', 'parking_lot_durable.wasm', 'parking_lot_garage.wasm', 'parking_lot_garage_durable.wasm', 'config.schema.json']) {
      assert.ok(packedFiles.includes(`dist/${wanted}`), `dist/${wanted} is missing`);
    }
    for (const wanted of ['dist/types/index.d.ts', 'README.md', 'LICENSE']) {
      assert.ok(packedFiles.includes(wanted), `${wanted} is missing`);
    }
    assert.deepEqual(packedFiles.filter((file) => /(^|\/)(src|test|node_modules)\/|\.test\./.test(file)), []);
  });

  test('is what the projects get, not a link into this tree', async () => {
    const folder = await makeProject('plain', tarball);
    assert.ok(lstatSync(path.join(folder, installed)).isDirectory());
  });
});

describe('in Node', () => {
  test('tasks run in worker threads and in handlers, in memory and from files, and the process ends by itself', async () => {
    const folder = await makeProject('node', tarball);
    const { threads, inline, stored, clock } = JSON.parse(await runIn(folder, process.execPath, 'threads.mjs'));
    assert.deepEqual(threads, expected);
    assert.deepEqual(inline, expected);
    assert.deepEqual(stored, expected);
    assert.equal(clock, 'function');
  });

  test('what is not exported cannot be imported', async () => {
    const folder = await makeProject('exports', tarball);
    writeFileSync(path.join(folder, 'reach.mjs'), "await import('prometheus-parking-lot/dist/index.js');\n");
    await assert.rejects(runIn(folder, process.execPath, 'reach.mjs'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});

describe('in a page', () => {
  test('built by Vite without any settings, tasks run in a module worker', async () => {
    const folder = await makeProject('vite', tarball);
    await vite.build({ root: folder, base: './', logLevel: 'error' });
    await assertPageWorks(path.join(folder, 'dist'));
  });

  test('built by webpack without any settings, tasks run in a module worker', async () => {
    const folder = await makeProject('webpack', tarball);
    const output = path.join(folder, 'dist');
    const run = promisify((options, done) => webpack(options, done));
    const stats = await run({ mode: 'production', context: folder, entry: './app.js', output: { path: output } });
    assert.deepEqual(stats.toJson({ all: false, errors: true }).errors, []);
    assert.equal(readdirSync(output).filter((file) => file.endsWith('.wasm')).length, 4, 'webpack emits each .wasm');
    writeFileSync(path.join(output, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script src="main.js"></script>');
    await assertPageWorks(output);
  });

  test('built by esbuild with both .wasm and the host worker copied beside the bundle, tasks run in a module worker', async () => {
    const folder = await makeProject('esbuild', tarball);
    const output = path.join(folder, 'dist');
    await esbuild.build({
      absWorkingDir: folder,
      entryPoints: ['app.js', 'task.worker.js'],
      outdir: output,
      bundle: true,
      format: 'esm',
      minify: true,
      logLevel: 'silent',
    });
    for (const file of ['parking_lot.wasm', 'parking_lot_durable.wasm', 'host-worker.js']) {
      copyFileSync(path.join(folder, installed, 'dist', file), path.join(output, file));
    }
    copyFileSync(path.join(folder, 'index.html'), path.join(output, 'index.html'));
    await assertPageWorks(output);
  });

  test('without the .wasm the promise of open rejects and says what could not be loaded', async () => {
    const folder = path.join(path.dirname(tarball), 'esbuild/dist');
    assert.ok(existsSync(folder), 'the esbuild project was not built');
    const without = path.join(path.dirname(tarball), 'esbuild/without');
    await esbuild.build({
      stdin: {
        contents: `import { ParkingLot } from 'prometheus-parking-lot';
          const config = { pools: { work: { max_units: 1 } } };
          window.report = await ParkingLot.open(config).catch(({ code, message }) => ({ code, message }));`,
        resolveDir: path.dirname(folder),
      },
      outfile: path.join(without, 'app.js'),
      bundle: true,
      format: 'esm',
      logLevel: 'silent',
    });
    copyFileSync(path.join(folder, 'index.html'), path.join(without, 'index.html'));
    const { report } = await reportOf(chromium, without);
    assert.equal(report.code, 'unavailable');
    assert.match(report.message, /parking_lot\.wasm/);
  });
});

describe('for TypeScript', () => {
  const compilerOptions = { target: 'es2022', strict: true, noEmit: true, types: [] };
  const browser = { lib: ['es2022', 'dom'], skipLibCheck: false };
  const kinds = {
    'moduleResolution bundler': { module: 'esnext', moduleResolution: 'bundler', ...browser },
    'moduleResolution nodenext': { module: 'nodenext', moduleResolution: 'nodenext', ...browser },
    // Node's types have no ports and service workers, so that such a project cannot look into the package's own types.
    'nodenext and no DOM': { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022'], skipLibCheck: true },
  };

  for (const [kind, options] of Object.entries(kinds)) {
    test(`a strict project with ${kind} compiles, and wrong uses do not`, async () => {
      const folder = await makeProject(`types, ${kind}`, tarball);
      const config = { compilerOptions: { ...compilerOptions, ...options }, files: ['typed.ts'] };
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
      await runIn(folder, process.execPath, toolOf('typescript', 'bin/tsc'), '-p', '.');
    });
  }
});
