// Builds the package into dist/, except for the types: bundled modules, the WebAssembly modules and the config schema.
// Its manual, docs/, is copied from the tree's.
//
// The modules themselves come from build/wasm (or PARKING_LOT_WASM_DIR), where CMake's preset `wasm` puts them.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyModules, described, glueFrom, moduleFiles, wasmDirectory } from './glue.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const wasm = wasmDirectory();

for (const file of moduleFiles) {
  if (existsSync(path.join(wasm, file))) continue;
  console.error(`${wasm} holds no ${file}; build it first: ./dev build wasm`);
  process.exit(1);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const common = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  // Node prints the line of an uncaught error, which should not be all of the module.
  lineLimit: 160,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  plugins: [glueFrom(wasm)],
};
await build({
  ...common,
  entryPoints: {
    index: 'src/index.ts',
    worker: 'src/worker/index.ts',
    testing: 'src/testing.ts',
    'p-queue': 'src/p-queue.ts',
    storage: 'src/storage/entry.ts',
    garage: 'src/garage/entry.ts',
    'garage-storage': 'src/garage/storage-entry.ts',
  },
  splitting: true,
});
// All in one file: bundlers make workers of the classic kind unless told otherwise, and those cannot be split.
await build({
  ...common,
  entryPoints: {
    'host-worker': 'src/shared-lot/host-worker.ts',
    'garage-worker': 'src/garage/shared/host-worker.ts',
  },
});
for (const file of readdirSync(dist).filter((name) => name.endsWith('.js'))) mendUrls(path.join(dist, file));
copyModules(dist);
writeSchema();
for (const page of ['usage-for-agents.md', 'configuration.md']) {
  cpSync(path.join(root, '../docs', page), path.join(root, 'docs', page));
}

/** The limit of lines breaks texts, too, and bundlers know the files of workers by what is written: the break goes behind them. */
function mendUrls(file) {
  const text = readFileSync(file, 'utf8');
  const mended = text.replace(/(new URL\("[^"]*)\\\n([^"]*",)/g, '$1$2\n');
  if (mended !== text) writeFileSync(file, mended);
}

/** The schema comes out of the core, which alone knows the keys. */
function writeSchema() {
  writeFileSync(path.join(dist, 'config.schema.json'), `${described('schema').trim()}\n`);
}
