// Bundles the kit and puts the modules beside it, into build/e2e/storage-kit.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyModules, glueFrom, wasmDirectory } from '../../web/packaging/glue.mjs';

export const kitFolder = fileURLToPath(new URL('../../build/e2e/storage-kit/', import.meta.url));

export async function bundleKit() {
  mkdirSync(kitFolder, { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL('kit.ts', import.meta.url))],
    outfile: path.join(kitFolder, 'kit.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    plugins: [glueFrom(wasmDirectory())],
  });
  copyModules(kitFolder);
}
