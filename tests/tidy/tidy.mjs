// Checks that the tree keeps its rules; prints each finding as `path:line: what is wrong`.
//
//   node tests/tidy/tidy.mjs
//
// It looks at the tracked files and at new ones that are not ignored.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkIncludes } from './includes.mjs';
import {
  checkBannedCalls,
  checkEmscripten,
  checkLengths,
  checkNames,
  checkRooms,
  checkSkips,
  checkWords,
} from './rules.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = /\.(png|wasm|ico|gz|br|woff2?)$/;

function treeFiles() {
  const listed = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  return [...new Set(listed.split('\0'))]
    .filter((path) => path && !binary.test(path) && existsSync(root + path) && statSync(root + path).isFile())
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));
}

/** Files allowed to stay longer than the limit, with the length that they may not exceed. */
function longFiles() {
  const lines = readFileSync(new URL('./long_files.txt', import.meta.url), 'utf8').split('\n');
  const entries = lines.map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
  return new Map(entries.map((line) => line.split(/\s+/)).map(([path, length]) => [path, Number(length)]));
}

const files = treeFiles();
const findings = [
  ...checkIncludes(files),
  ...checkBannedCalls(files),
  ...checkEmscripten(files),
  ...checkNames(files),
  ...checkWords(files),
  ...checkSkips(files),
  ...checkLengths(files, longFiles()),
  ...checkRooms(files),
];
for (const finding of findings) console.error(finding);
console.log(`tidy: ${files.length} files, ${findings.length} findings`);
process.exit(findings.length === 0 && files.length > 0 ? 0 : 1);
