// Who may include whom.

import { matches, withoutComments } from './source_text.mjs';

const standard = /^[a-z0-9_]+$/;
const posix = /^([a-z0-9_]+\.h|(sys|net|netinet|arpa|linux)\/[a-z0-9_]+\.h)$/;
const expected = /^tl\//;
const json = /^nlohmann\//;
const spdlog = /^(spdlog|fmt)\//;
const asio = /^boost\/(asio|system)(\/|\.hpp)/;
const beast = /^boost\/beast(\/|\.hpp)/;
const corePublic = /^parking_lot\/(?!native\/)/;
const nativePublic = /^parking_lot\/native\//;

/**
 * The first rule whose `where` matches a file's path holds for it. `system` says which <headers> it may
 * include, `own` which "headers", given as paths in the tree where they are known, else as written.
 */
const rules = [
  { where: /^core\/include\//, system: [standard, expected], own: [corePublic] },
  {
    where: /^core\/src\/codec\/sha256_blocks/,
    system: [standard, /^(cpuid|immintrin)\.h$/],
    own: [/^core\/src\/codec\//],
  },
  {
    where: /^core\/src\/(codec\/|config)/,
    system: [standard, expected, json],
    own: [corePublic, /^core\/src\//],
  },
  { where: /^core\/src\//, system: [standard, expected], own: [corePublic, /^core\/src\//] },
  { where: /^core\/simulate\/(setup|what_if)/, system: [standard, expected, json], own: [corePublic, /^core\/simulate\//] },
  { where: /^core\/simulate\//, system: [standard, expected], own: [corePublic, /^core\/simulate\//] },
  { where: /^core\/scenario\//, system: [standard, expected], own: [corePublic, /^core\/scenario\//] },
  {
    where: /^native\/backend\/file_journal\/posix_/,
    system: [standard, posix, expected],
    own: [corePublic, /^native\/backend\/file_journal/],
  },
  {
    where: /^native\/backend\/file_journal/,
    system: [standard, expected],
    own: [corePublic, /^native\/backend\/file_journal/],
  },
  {
    where: /^native\/backend\//,
    system: [standard, expected, /^libpq-fe\.h$/],
    own: [corePublic, /^native\/backend\//],
  },
  { where: /^native\/include\//, system: [standard, expected, asio], own: [corePublic, nativePublic] },
  {
    where: /^native\/(host|executor)\//,
    system: [standard, posix, expected, asio, spdlog, json],
    own: [corePublic, nativePublic, /^native\/(host|executor|backend)\//],
  },
  {
    where: /^native\/(http|cli)\//,
    system: [standard, posix, expected, asio, beast, spdlog, json, /^CLI\//, /^yaml-cpp\//],
    own: [corePublic, nativePublic, /^native\//, /^core\/(scenario|simulate)\//],
  },
  { where: /^wasm\/host_json/, system: [standard], own: [/^core\/src\/codec\/json_value/] },
  {
    where: /^wasm\//,
    system: [standard, expected, /^emscripten(\/|\.h$)/],
    own: [corePublic, /^wasm\//, /^native\/backend\/file_journal/, /^core\/(scenario|simulate)\//],
  },
  { where: /^tests\/(unit|work)\//, system: [/./], own: [corePublic, /^core\//, /^tests\//] },
  { where: /^tests\/(store|storage_bench|audit_bench)\//, system: [/./], own: [corePublic, /^native\/backend\/file_journal/, /^tests\//] },
  { where: /^tests\//, system: [/./], own: [corePublic, nativePublic, /^core\/(scenario|simulate)\//, /^tests\//] },
  { where: /^examples\//, system: [/./], own: [corePublic, nativePublic, /^examples\//] },
];

/** Where a quoted header stands in the tree; the name as written if it is in none of the search folders. */
function locate(header, from, paths) {
  if (/^parking_lot\//.test(header)) return header;
  const beside = `${from.slice(0, from.lastIndexOf('/') + 1)}${header}`;
  const folders = ['core/src/', 'core/', 'native/', 'wasm/', 'tests/'];
  return [beside, ...folders.map((folder) => folder + header)].find((path) => paths.has(path)) ?? header;
}

export function checkIncludes(files) {
  const paths = new Set(files.map((file) => file.path));
  const findings = [];
  for (const { path, text } of files.filter((file) => /\.(cc|h)$/.test(file.path))) {
    const rule = rules.find(({ where }) => where.test(path));
    if (!rule) continue;
    for (const { line, match } of matches(withoutComments(text), /^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]/m)) {
      const [, bracket, header] = match;
      const isOwn = bracket === '"' || /^parking_lot\//.test(header);
      const target = isOwn ? locate(header, path, paths) : header;
      if ((isOwn ? rule.own : rule.system).some((allowed) => allowed.test(target))) continue;
      findings.push(`${path}:${line}: may not include ${target} (tests/tidy/includes.mjs says who may include whom)`);
    }
  }
  return findings;
}
