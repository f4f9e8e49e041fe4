// Runs every scenario script in the native build and in the WebAssembly build: both must print the
// same bytes.
//
//   node tests/scenario/parity.mjs [--native <parking-lot>] [--wasm <scenario_wasm.js>]

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

const scratch = mkdtempSync(join(tmpdir(), 'parking-lot-'));
process.on('exit', () => rmSync(scratch, { recursive: true }));

/** Into a file: a program of Emscripten loses output when a pipe, which Node makes non-blocking, is full. */
function traceOf(command, args) {
  const file = join(scratch, 'trace');
  const output = openSync(file, 'w');
  const run = spawnSync(command, args, { stdio: ['ignore', output, 'pipe'], timeout: 120_000 });
  closeSync(output);
  if (run.error) throw run.error;
  return { stdout: readFileSync(file), stderr: run.stderr };
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
