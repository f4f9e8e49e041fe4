// The rules besides the include rule. Each takes the tree's files and returns findings.

import { matches, withoutComments } from './source_text.mjs';

const bannedInCore = [
  [/\bstd::chrono::\w*_clock\b/, 'a clock; time enters through handle() and open()'],
  [/\b(?:clock_gettime|gettimeofday|clock)\s*\(/, 'a clock; time enters through handle() and open()'],
  [/(?<![\w.>])(?:std::)?time\s*\(\s*(?:nullptr|NULL|0|&)/, 'a clock; time enters through handle() and open()'],
  [/\b(?:std::)?(?:s?rand|drand48|random_device|default_random_engine)\b\s*[({]/, 'randomness; it comes from the seed'],
  [/\b(?:secure_)?getenv\s*\(/, 'the environment; settings come from the config'],
  [/\bstd::(?:cout|cerr|clog|cin|thread|jthread|mutex|shared_mutex|atomic|async|condition_variable)\b/,
    'a thread, a lock or a stream; the core is single-threaded and silent'],
  [/#\s*include\s*<(?:iostream|thread|mutex|shared_mutex|atomic|condition_variable|future|random|ctime|fstream|filesystem)>/,
    'a header that the core has no use for'],
];

/** The core reaches no clock, randomness, environment, thread or stream. */
export function checkBannedCalls(files) {
  return files
    .filter(({ path }) => /^core\/.*\.(cc|h)$/.test(path))
    .flatMap(({ path, text }) => {
      const code = withoutComments(text, { strings: 'blank' });
      return bannedInCore.flatMap(([pattern, why]) =>
        [...matches(code, pattern)].map(({ line, match }) => `${path}:${line}: ${match[0].trim()}: ${why}`));
    });
}

const emscripten = /\bHEAP(?:U?8|U?16|U?32|F32|F64|U?64)\b|\b_(?:malloc|free)\b|\bcwrap\b|\bccall\b|\bEmscripten\w*|\bparking_lot\.mjs\b/;

/** web/src/wasm is the only TypeScript that knows that Emscripten exists. */
export function checkEmscripten(files) {
  return files
    .filter(({ path }) => /^web\/src\/(?!wasm\/).*\.ts$/.test(path))
    .flatMap(({ path, text }) =>
      [...matches(withoutComments(text), emscripten)].map(
        ({ line, match }) => `${path}:${line}: ${match[0]}: only web/src/wasm knows about Emscripten`));
}

const nameless = /^(utils?|common|helpers?|misc)$/i;
const vagueType =
  /\b(?:class|struct|enum class|enum|interface|type)\s+(\w*(?:Manager|Helper|Utils?|Impl|Base|Data|Info))\b(?!\s*[;,>])/;

/** Folders and files are named after their purpose, types after what they are. */
export function checkNames(files) {
  const findings = [];
  for (const { path, text } of files) {
    const vague = path.split('/').map((part) => part.replace(/\..*/, '')).find((part) => nameless.test(part));
    if (vague) findings.push(`${path}:1: '${vague}' says nothing: name it after its purpose`);
    if (!/^(core|native|wasm|web|tests)\/.*\.(cc|h|ts)$/.test(path)) continue;
    for (const { line, match } of matches(withoutComments(text, { strings: 'blank' }), vagueType)) {
      if (match[1] === 'ParkingManager') continue;
      findings.push(`${path}:${line}: '${match[1]}': name the type after what it is`);
    }
  }
  return findings;
}

const bannedWords = [
  [/\b(?:TODO|FIXME|XXX|HACK)\b/, 'unfinished work has no place in the tree'],
  [/(?<![\w.)}-])\/(?:work|home\/\w+|root)\//, 'the path of one machine'],
  [/"resolved": "https?:/, 'a lockfile names no registry: npm install with the .npmrc of this project'],
  [/\bregistry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)\b/, 'the host of a registry'],
];
const speaksOfWords = /^tests\/tidy\//;

/** No unfinished work, no machine's paths, no registry's host. */
export function checkWords(files) {
  return files
    .filter(({ path }) => !speaksOfWords.test(path))
    .flatMap(({ path, text }) =>
      bannedWords.flatMap(([pattern, why]) =>
        [...matches(text, pattern)].map(({ line, match }) => `${path}:${line}: '${match[0]}': ${why}`)));
}

/** No test is switched off, and none switches the others off. (CTest takes a name with a semicolon for two.) */
export function checkSkips(files) {
  const pattern =
    /\b(?:test|it|describe)\.(?:skip|only|todo|fixme)\b|\bx(?:it|describe)\s*\(|\[!hide\]|\[\.\]|\bTEST_CASE\s*\((?:\s*"[^"]*")*?\s*"[^"]*;[^"]*"/;
  return files
    .filter(({ path }) => /\.(test|spec)\.(ts|mts|mjs|js)$|^tests\/.*\.cc$/.test(path) && !speaksOfWords.test(path))
    .flatMap(({ path, text }) =>
      [...matches(withoutComments(text), pattern)].map(({ line, match }) => `${path}:${line}: ${match[0]}: a test that does not run`));
}

const lengthLimit = 400;

/** Files stay short; `ratchet` lists those which may be longer, with their limits. */
export function checkLengths(files, ratchet) {
  const findings = [];
  for (const { path, text } of files) {
    if (!/^(core|native|wasm|web\/src)\/.*\.(cc|h|ts|mts|js|mjs)$/.test(path)) continue;
    const length = text.split('\n').length - 1;
    const limit = ratchet.get(path) ?? lengthLimit;
    if (length > limit) findings.push(`${path}:${limit}: ${length} lines, at most ${limit}: split it by idea`);
  }
  for (const path of ratchet.keys()) {
    if (!files.some((file) => file.path === path)) findings.push(`${path}:1: listed in long_files.txt, but does not exist`);
  }
  return findings;
}

// The build takes what it finds. So that a folder which was moved or emptied does not vanish without
// a word, each of these must hold at least one file in which the pattern occurs.
const rooms = [
  [/^core\/include\/parking_lot\/.*\.h$/, /class Scheduler\b/],
  [/^core\/src\/.*\.cc$/, /parking_lot/],
  [/^core\/scenario\/.*\.cc$/, /\S/],
  [/^core\/simulate\/.*\.cc$/, /\S/],
  [/^native\/include\/.*\.h$/, /parking_lot/],
  [/^native\/(host|executor)\/.*\.cc$/, /parking_lot/],
  [/^native\/cli\/.*\.cc$/, /\bmain\s*\(/],
  [/^wasm\/.*\.cc$/, /EMSCRIPTEN/],
  [/^wasm\/imports_allowed\.txt$/, /\S/],
  [/^web\/src\/.*\.ts$/, /export/],
  [/^web\/test\/.*\.ts$/, /\b(test|it)\s*\(/],
  [/^e2e\/.*\.(ts|mjs)$/, /\btest\s*\(/],
  [/^tests\/unit\/.*\.cc$/, /\bTEST_CASE\s*\(/],
  [/^tests\/native\/.*\.cc$/, /\bTEST_CASE\s*\(/],
  [/^tests\/simulate\/.*\.cc$/, /\bTEST_CASE\s*\(/],
  [/^tests\/scenario\/.*\.cc$/, /\S/],
  [/^tests\/scenario\/.*\.txt$/, /\S/],
  [/^tests\/simulation\/.*\.cc$/, /\bmain\s*\(/],
  [/^tests\/bench\/.*\.cc$/, /\bmain\s*\(/],
  [/^tests\/packaging\/package\.json$/, /\S/],
  [/^docs\/.*\.md$/, /\S/],
];

/** Every room of the house exists, and every test file holds a test. */
export function checkRooms(files) {
  const findings = rooms
    .filter(([where, what]) => !files.some(({ path, text }) => where.test(path) && what.test(text)))
    .map(([where, what]) => `${where.source}:1: no such file contains ${what.source}`);
  for (const { path, text } of files) {
    if (/^tests\/.*_test\.cc$/.test(path) && !/\b(TEST_CASE|TEMPLATE_TEST_CASE|SCENARIO)\s*\(/.test(text)) {
      findings.push(`${path}:1: a test file without a test`);
    }
    if (/\.(test|spec)\.(ts|mjs)$/.test(path) && !/\b(test|it)(\.\w+)?\s*\(/.test(text)) {
      findings.push(`${path}:1: a test file without a test`);
    }
  }
  return findings;
}
