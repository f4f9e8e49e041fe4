// Fails when a WebAssembly module imports something that is not on one of its allow-lists.
//
//   node check_wasm_imports.mjs <module.mjs> <imports_allowed.txt>…
//
// The core must not reach a clock, a source of randomness or a file except through its host; what it
// can reach is exactly what it imports. em++ shortens import names at -O3, so the table in the
// JavaScript glue, which feeds the module, translates them back.

import { readFileSync } from 'node:fs';

const [gluePath, ...allowedPaths] = process.argv.slice(2);
if (allowedPaths.length === 0) {
  console.error('usage: node check_wasm_imports.mjs <module.mjs> <imports_allowed.txt>…');
  process.exit(2);
}

/** The glue's table, from the name in the module to the name of the function behind it. */
function importTable(glue) {
  const table = /asmLibraryArg\s*=\s*\{([^}]*)\}/.exec(glue);
  if (!table) throw new Error(`${gluePath}: no import table (asmLibraryArg) found`);
  const entries = [...table[1].matchAll(/"?([\w$]+)"?\s*:\s*"?([\w$]+)"?/g)];
  return new Map(entries.map(([, short, name]) => [short, name.replace(/^_/, '')]));
}

function allowedNames(text) {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return new Set(lines.filter(Boolean));
}

const module = new WebAssembly.Module(readFileSync(gluePath.replace(/\.mjs$/, '.wasm')));
const table = importTable(readFileSync(gluePath, 'utf8'));
const names = WebAssembly.Module.imports(module)
  .filter((entry) => entry.kind !== 'memory')
  .map((entry) => table.get(entry.name) ?? entry.name);
const allowed = allowedNames(allowedPaths.map((allowedPath) => readFileSync(allowedPath, 'utf8')).join('\n'));
const refused = names.filter((name) => !allowed.has(name)).sort();

if (refused.length > 0) {
  console.error(`The WebAssembly module imports what ${allowedPaths.join(' and ')} do not list:`);
  for (const name of refused) console.error(`  ${name}`);
  console.error('Remove the call that needs it; list it only if it gives neither time, randomness nor files.');
  process.exit(1);
}
console.log(`WebAssembly imports: ${names.length}, all on the allow-list`);
