// Runs every scenario script in the native build and in the WebAssembly build: both must print the
// same bytes.
//
//   node tests/scenario/parity.mjs [--native <parking-lot>] [--wasm <scenario_wasm.js>]

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    native: { type: 'string', default: 'build/release/parking-lot' },
    wasm: { type: 'string', default: 'build/wasm/scenario_wasm.js' },
  },
});

function traceOf(command, args) {
  const run = spawnSync(command, args, { maxBuffer: 1 << 28, timeout: 120_000 });
  if (run.error) throw run.error;
  return run;
}

/** The first line in which two traces differ, as a message. */
function firstDifference(native, wasm) {
  const [left, right] = [native, wasm].map((bytes) => bytes.toString().split('\n'));
  const line = left.findIndex((text, index) => text !== right[index]);
  const at = line < 0 ? left.length : line;
  return `line ${at + 1}\n    native: ${left[at] ?? '(end)'}\n    wasm:   ${right[at] ?? '(end)'}`;
}

const scripts = readdirSync(here, { recursive: true })
  .filter((name) => /\.txt$/.test(name) && !/\.(expected|trace)\.txt$/.test(name))
  .sort();
let different = 0;
for (const name of scripts) {
  const script = join(here, name);
  const native = traceOf(options.native, ['replay', script]);
  const wasm = traceOf('node', [options.wasm, '--print', script]);
  if (native.stdout.equals(wasm.stdout) && native.stdout.length > 0) continue;
  different += 1;
  const reason = native.stdout.length > 0 || wasm.stdout.length > 0
    ? `differ at ${firstDifference(native.stdout, wasm.stdout)}`
    : `both are empty\n    native: ${native.stderr}\n    wasm:   ${wasm.stderr}`;
  console.error(`${name}: the traces ${reason}`);
}
console.log(`${scripts.length} scripts, ${different} with different traces`);
process.exit(scripts.length > 0 && different === 0 ? 0 : 1);
