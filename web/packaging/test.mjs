// Compiles the tests into .compiled/ and runs them: node packaging/test.mjs [part of a file's name]
//
// Tests of single files import them from src and are bundled with them; tests of the package import it by its name and
// get what dist/ holds.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { copyModules, described, glueFrom, wasmDirectory } from './glue.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = path.join(root, '.compiled');
const wanted = process.argv[2] ?? '';
const sources = testsIn('test').filter((file) => file.includes(wanted));

if (!existsSync(path.join(root, 'dist', 'index.js'))) {
  console.error('dist/ is missing; build the package first: npm run build');
  process.exit(1);
}
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
await build({
  absWorkingDir: root,
  entryPoints: sources,
  outdir: '.compiled',
  outbase: 'test',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  packages: 'external',
  plugins: [glueFrom(wasmDirectory())],
});
for (const folder of new Set(sources.map((file) => path.dirname(path.relative('test', file))))) {
  copyModules(path.join(out, folder));
}
const compiled = sources.map((file) => path.join(out, path.relative('test', file).replace(/\.ts$/, '.js')));
const run = spawnSync(process.execPath, ['--enable-source-maps', '--expose-gc', '--test', ...compiled], {
  cwd: root,
  env: {
    ...process.env,
    PARKING_LOT_CODES: described('codes'),
    PARKING_LOT_GARAGE_CODES: described('garage-codes'),
  },
  stdio: 'inherit',
});
process.exit(run.status ?? 1);

function testsIn(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) return testsIn(name);
    return entry.name.endsWith('.test.ts') ? [name] : [];
  });
}
