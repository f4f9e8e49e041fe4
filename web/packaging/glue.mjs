// Where Emscripten's module lies, an esbuild plugin that puts its JavaScript in place of `parking-lot-glue`, and what the
// core says about itself.

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export function wasmDirectory() {
  const given = process.env.PARKING_LOT_WASM_DIR;
  return given ? path.resolve(given) : fileURLToPath(new URL('../../build/wasm', import.meta.url));
}

export function glueFrom(directory) {
  return {
    name: 'parking-lot-glue',
    setup(build) {
      build.onResolve({ filter: /^parking-lot-glue$/ }, () => ({
        path: path.join(directory, 'parking_lot.mjs'),
      }));
    },
  };
}

/** The config's `schema` or the `codes`, as JSON. The module that is shipped does not hold them. */
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
