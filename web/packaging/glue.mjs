// Where Emscripten's module lies, and an esbuild plugin that puts its JavaScript in place of `parking-lot-glue`.

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
