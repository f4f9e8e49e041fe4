// Where Emscripten's modules lie, an esbuild plugin that puts their JavaScript in place of `parking-lot-glue`,
// `parking-lot-durable-glue` and `parking-lot-garage-glue`, and what the core says about itself.

import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export function wasmDirectory() {
  const given = process.env.PARKING_LOT_WASM_DIR;
  return given ? path.resolve(given) : fileURLToPath(new URL('../../build/wasm', import.meta.url));
}

/** Pools without storage, pools with it, and garages. */
export const moduleFiles = [
  'parking_lot.wasm',
  'parking_lot_durable.wasm',
  'parking_lot_garage.wasm',
  'parking_lot_garage_durable.wasm',
];

/** Puts the modules where a bundle looks for them: beside it. */
export function copyModules(folder) {
  for (const file of moduleFiles) copyFileSync(path.join(wasmDirectory(), file), path.join(folder, file));
}

export function glueFrom(directory) {
  return {
    name: 'parking-lot-glue',
    setup(build) {
      build.onResolve({ filter: /^parking-lot(-garage)?(-durable)?-glue$/ }, ({ path: name }) => ({
        path: path.join(directory, `${name.replace(/-glue$/, '').replaceAll('-', '_')}.mjs`),
      }));
    },
  };
}

/** The config's `schema`, the `codes` or those of garages (`garage-codes`), as JSON. The module that is shipped does not hold them. */
export function described(what) {
  // Into a file: a program of Emscripten loses output when a pipe, which Node makes non-blocking, is full.
  const directory = mkdtempSync(path.join(tmpdir(), 'parking-lot-'));
  const file = path.join(directory, `${what}.json`);
  const output = openSync(file, 'w');
  try {
    execFileSync(process.execPath, [path.join(wasmDirectory(), 'parking_lot_describe.js'), what], {
      stdio: ['ignore', output, 'inherit'],
    });
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(output);
    rmSync(directory, { recursive: true });
  }
}
