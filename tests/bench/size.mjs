// What a page loads to open a lot: WebAssembly modules, glue and scripts, as they lie in web/dist.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { limit, Report, versionOf } from './report.mjs';

const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));
if (!existsSync(`${dist}index.js`)) {
  console.error('web/dist/index.js is missing: build the package first (./dev build wasm web)');
  process.exit(1);
}

const compressions = [
  ['raw', (bytes) => bytes.length],
  ['gzip', (bytes) => gzipSync(bytes, { level: 9 }).length],
  ['brotli', (bytes) => brotliCompressSync(bytes).length],
];

/** A module and, through its static imports, all that is loaded with it. */
function withImports(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, imported] of readFileSync(dist + file, 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
    withImports(imported, seen);
  }
  return seen;
}

/** The script that is imported when a lot is in a browser database: the one that starts the host worker. */
function scriptOfSharedLots(scripts) {
  const imported = scripts.flatMap((file) =>
    [...readFileSync(dist + file, 'utf8').matchAll(/import\("\.\/([^"]+\.js)"\)/g)].map(([, name]) => name),
  );
  const startsWorker = (file) => readFileSync(dist + file, 'utf8').includes('host-worker.js');
  const found = [...new Set(imported)].filter((file) => [...withImports(file)].some(startsWorker));
  if (found.length !== 1) throw new Error(`which script starts the host worker? ${found.join(', ') || 'none'}`);
  return found[0];
}

const script = [...withImports('index.js')];
const shared = [...withImports(scriptOfSharedLots(script), new Set(script))].slice(script.length);
const volatilePage = ['parking_lot.wasm', ...script];
const durablePage = ['parking_lot_durable.wasm', ...script, ...shared, 'host-worker.js'];
const garagePage = ['parking_lot_garage.wasm', ...withImports('garage.js')];
// Who has no garage downloads nothing of it, and who has nothing else downloads no scheduler.
for (const [page, files, foreign] of [
  ['volatile', volatilePage, 'parking_lot_garage.wasm'],
  ['durable', durablePage, 'parking_lot_garage.wasm'],
  ['garage', garagePage, 'parking_lot.wasm'],
]) {
  const found = files.filter((file) => file === foreign || (file.endsWith('.js') && readFileSync(dist + file, 'utf8').includes(foreign)));
  if (found.length > 0) throw new Error(`a ${page} page downloads what it has no use for: ${found.join(', ')}`);
}
const parts = [
  ['module', ['parking_lot.wasm']],
  ['main entry with glue', script],
  ['volatile page', volatilePage, 110],
  ['durable module', ['parking_lot_durable.wasm']],
  ['host worker with glue', ['host-worker.js']],
  ['durable page', durablePage, 150],
  ['garage module', ['parking_lot_garage.wasm']],
  ['garage page', garagePage, 110],
  ['module of stored garages', ['parking_lot_garage_durable.wasm']],
  ['worker of stored garages with glue', ['garage-worker.js']],
  ['worker entry', [...withImports('worker.js')]],
];

const report = new Report('size');
for (const [name, files, most] of parts) {
  for (const [compression, size] of compressions) {
    const bytes = files.reduce((sum, file) => sum + size(readFileSync(dist + file)), 0);
    const bar = most && compression === 'gzip' ? limit('≤', most) : undefined;
    report.add({ name: `${name}, ${compression}`, unit: 'kB', samples: [bytes / 1000], bar });
  }
}
report.note(`volatile page: ${volatilePage.join(', ')}`);
report.note(`durable page, whose lot is in a browser database: ${durablePage.join(', ')}`);
report.note(`garage page, without pools: ${garagePage.join(', ')}`);
report.note('1 kB is 1,000 bytes; each file is compressed by itself');
report.finish({ emcc: versionOf('emcc', '--version') });
