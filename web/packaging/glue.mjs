// Where Emscripten's module lies, an esbuild plugin that puts its JavaScript in place of `parking-lot-glue`, and what the
// core says about itself.

import { execFileSync } from 'node:child_process';
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
  return execFileSync(process.execPath, [path.join(wasmDirectory(), 'parking_lot_describe.js'), what], {
    encoding: 'utf8',
  });
}
