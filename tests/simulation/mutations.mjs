// Breaks one law at a time, on purpose, in a copy of the tree, and expects the simulation, or the tests of the file
// journal or of the core, to notice. An invariant that was never seen to fail proves nothing.
//
//   node tests/simulation/mutations.mjs [--only NAME] [--seeds N]

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutations } from './mutation-list.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const scratch = join(root, 'build', 'mutations');
const tree = join(scratch, 'tree');
const built = join(scratch, 'build');
const { values: options } = parseArgs({
  options: { only: { type: 'string' }, seeds: { type: 'string', default: '300' } },
});

function prepare() {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  const parts = ['CMakeLists.txt', 'cmake', 'core', 'native', 'tests/simulation', 'tests/store', 'tests/unit'];
  for (const part of parts) {
    cpSync(join(root, part), join(tree, part), { recursive: true });
  }
  // Not Release, where several sources are one unit: each mutation is one file to compile.
  const kind = ['-DCMAKE_BUILD_TYPE=Debug', '-DCMAKE_CXX_FLAGS_DEBUG=-O1', '-DPARKING_LOT_WERROR=OFF'];
  const configure = ['-S', tree, '-B', built, '-G', 'Ninja', ...kind];
  execFileSync('cmake', configure, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function build(program) {
  const jobs = process.env.PARKING_LOT_JOBS ?? String(cpus().length);
  const run = spawnSync('cmake', ['--build', built, '--target', program, '-j', jobs], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`does not compile:\n${run.stdout.slice(-3000)}`);
}

/** The line that says what was found; null if nothing was. */
function findings(program) {
  const flags = { faults: ['--seeds', options.seeds], test_unit: ['[durability]'] }[program] ?? [];
  const run = spawnSync(join(built, program), flags, { encoding: 'utf8', maxBuffer: 1 << 26, cwd: scratch });
  if (run.status === 0) return null;
  const lines = `${run.stderr}\n${run.stdout}`.split('\n').filter((line) => line.trim() !== '');
  const found = lines.find((line) => /^(seed |parking_lot:|test cases:)/.test(line));
  return found ?? (lines.join(' / ') || `it ended with ${run.signal ?? run.status}`);
}

function mutate({ file, from, to }) {
  const path = join(tree, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
  writeFileSync(path, text.replace(from, () => to));
  return () => writeFileSync(path, text);
}

const chosen = mutations.filter(({ name }) => options.only === undefined || name === options.only);
const programOf = ({ noticed_by: program = 'faults' }) => program;

prepare();
for (const program of new Set(chosen.map(programOf))) {
  build(program);
  const sound = findings(program);
  if (sound !== null) {
    console.error(`the unbroken tree is at fault already: ${sound}`);
    process.exit(1);
  }
}
let unnoticed = 0;
for (const mutation of chosen) {
  let restore = () => {};
  try {
    restore = mutate(mutation);
    build(programOf(mutation));
    const found = findings(programOf(mutation));
    if (found === null) unnoticed += 1;
    console.log(`${found === null ? 'NOT NOTICED' : 'noticed'}  ${mutation.name} (${mutation.law})\n         ${found ?? ''}`);
  } catch (error) {
    unnoticed += 1;
    console.error(`BROKEN  ${mutation.name}: ${error.message}`);
  } finally {
    restore();
  }
}
if (existsSync(tree)) rmSync(tree, { recursive: true });
console.log(unnoticed === 0 ? 'every broken law was noticed' : `${unnoticed} not noticed`);
process.exit(unnoticed === 0 ? 0 : 1);
