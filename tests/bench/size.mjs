// What a page loads to use the package: the WebAssembly module, its glue and the main entry, as they lie in web/dist.

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

const script = [...withImports('index.js')];
const parts = [
  ['module', ['parking_lot.wasm']],
  ['main entry with glue', script],
  ['both', ['parking_lot.wasm', ...script]],
  ['worker entry', [...withImports('worker.js')]],
];

const report = new Report('size');
for (const [name, files] of parts) {
  for (const [compression, size] of compressions) {
    const bytes = files.reduce((sum, file) => sum + size(readFileSync(dist + file)), 0);
    const bar = name === 'both' && compression === 'gzip' ? limit('≤', 110) : undefined;
    report.add({ name: `${name}, ${compression}`, unit: 'kB', samples: [bytes / 1000], bar });
  }
}
report.note(`main entry: ${script.join(', ')}; 1 kB is 1,000 bytes; each file is compressed by itself`);
report.finish({ emcc: versionOf('emcc', '--version') });
