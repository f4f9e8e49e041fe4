// Each rule is fed a bad snippet and must find it, and a good one and must be silent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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

const file = (path, text) => ({ path, text });

/** `check` finds something in every bad file, at the line given, and nothing in the good ones. */
function tells(check, { bad, good }) {
  for (const [path, text, line = 1] of bad) {
    const findings = check([file(path, text)]);
    assert.ok(findings.some((finding) => finding.startsWith(`${path}:${line}:`)), `${path}: ${text} was not found`);
  }
  for (const [path, text] of good) assert.deepEqual(check([file(path, text)]), [], `${path}: ${text}`);
}

test('a header may include only what its folder may know', () => {
  tells(checkIncludes, {
    bad: [
      ['core/src/pool.cc', '#include <vector>\n#include <nlohmann/json.hpp>\n', 2],
      ['core/src/pool.cc', '#include <boost/asio.hpp>'],
      ['core/src/pool.cc', '#include <unistd.h>'],
      ['core/include/parking_lot/x.h', '#include "pool.h"'],
      ['core/include/parking_lot/x.h', '#include "parking_lot/native/host.h"'],
      ['native/host/loop.cc', '#include <CLI/CLI.hpp>'],
      ['native/backend/file_journal/segment.cc', '#include <boost/asio.hpp>'],
      ['native/cli/main.cc', '#include "task_queue.h"'],
      ['wasm/embind.cc', '#include <nlohmann/json.hpp>'],
      ['tests/simulation/faults.cc', '#include "../core/src/pool.h"'],
    ],
    good: [
      ['core/src/pool.cc', '#include "parking_lot/types.h"\n#include <tl/expected.hpp>\n// #include <boost/asio.hpp>'],
      ['core/src/codec/json_codec.cc', '#include <nlohmann/json.hpp>'],
      ['native/host/loop.cc', '#include <boost/asio/io_context.hpp>\n#include <sys/wait.h>\n#include <spdlog/spdlog.h>'],
      ['native/cli/main.cc', '#include <CLI/CLI.hpp>\n#include "parking_lot/native/host.h"'],
      ['wasm/hot_path.cc', '#include <emscripten/emscripten.h>\n#include "parking_lot/scheduler.h"'],
    ],
  });
});

test('a private header of the core is known to the core and to its unit tests only', () => {
  const tree = (path) => [file('core/src/task_queue.h', ''), file(path, '#include "task_queue.h"')];
  assert.equal(checkIncludes(tree('tests/unit/task_queue_test.cc')).length, 0);
  assert.equal(checkIncludes(tree('core/src/pool.cc')).length, 0);
  assert.equal(checkIncludes(tree('tests/native/host_test.cc')).length, 1);
  assert.equal(checkIncludes(tree('native/host/loop.cc')).length, 1);
});

test('the core reaches no clock, randomness, environment, thread or stream', () => {
  tells(checkBannedCalls, {
    bad: [
      ['core/src/a.cc', '\n\nauto t = std::chrono::steady_clock::now();', 3],
      ['core/src/a.cc', 'auto t = time(nullptr);'],
      ['core/src/a.cc', 'int i = rand();'],
      ['core/src/a.cc', 'std::random_device{}();'],
      ['core/src/a.cc', 'getenv("HOME");'],
      ['core/src/a.cc', '#include <iostream>'],
      ['core/include/parking_lot/a.h', 'std::mutex mutex_;'],
    ],
    good: [
      ['core/src/a.cc', '// std::chrono::steady_clock is forbidden\nauto s = "rand()";'],
      ['core/src/a.cc', 'int operand(int x); auto y = start_time(0); auto z = operand(1);'],
      ['native/host/clock.cc', 'auto t = std::chrono::steady_clock::now();'],
    ],
  });
});

test('only web/src/wasm knows about Emscripten', () => {
  tells(checkEmscripten, {
    bad: [['web/src/host.ts', '\nmodule.HEAPU8.set(bytes);', 2], ['web/src/index.ts', "import './parking_lot.mjs'"]],
    good: [['web/src/wasm/module.ts', 'module.HEAPU8.set(bytes);'], ['web/src/host.ts', '// HEAPU8 stays inside']],
  });
});

test('names say what a thing is', () => {
  tells(checkNames, {
    bad: [
      ['core/src/util/a.cc', ''],
      ['web/src/helpers.ts', ''],
      ['core/src/a.h', '\nclass PoolManager {', 2],
      ['web/src/a.ts', 'export interface TaskInfo {'],
    ],
    good: [['core/src/garage/garage.h', 'class ParkingManager {\nclass TaskQueue {\nstruct Database {']],
  });
});

test('unfinished work, a machine\'s paths and a registry\'s host are found in any file', () => {
  tells(checkWords, {
    bad: [
      ['docs/a.md', 'first\nTODO: the rest', 2],
      ['dev', 'cd /home/ann/lot'],
      ['web/src/a.ts', "open('/root/x')"],
      ['package-lock.json', '"resolved": "https://example.org/a.tgz"'],
    ],
    good: [['docs/a.md', 'See ../work/plan and https://example.org/work/ or method/work/.']],
  });
});

test('a test that does not run is found', () => {
  tells(checkSkips, {
    bad: [
      ['web/test/a.test.ts', "test.skip('x', () => {});"],
      ['e2e/a.spec.ts', "\ntest.only('x', async () => {});", 2],
      ['tests/unit/a_test.cc', 'TEST_CASE("x", "[.]") {}'],
      ['tests/unit/a_test.cc', 'TEST_CASE("x; y") {}'],
      ['tests/unit/a_test.cc', 'TEST_CASE(\n    "x, "\n    "y; z") {}'],
    ],
    good: [
      ['tests/unit/a_test.cc', 'TEST_CASE("x, y") { use("a;b"); }'],
      ['web/test/a.test.ts', "test('x', () => {});"],
    ],
  });
});

test('a long file is found, and a listed one when it grows or is gone', () => {
  const lines = (count) => 'int x;\n'.repeat(count);
  assert.equal(checkLengths([file('core/src/a.cc', lines(400))], new Map()).length, 0);
  assert.equal(checkLengths([file('core/src/a.cc', lines(401))], new Map()).length, 1);
  assert.equal(checkLengths([file('core/src/a.cc', lines(450))], new Map([['core/src/a.cc', 450]])).length, 0);
  assert.equal(checkLengths([file('core/src/a.cc', lines(451))], new Map([['core/src/a.cc', 450]])).length, 1);
  assert.equal(checkLengths([], new Map([['core/src/a.cc', 450]])).length, 1);
});

test('an empty room and a test file without a test are found', () => {
  assert.ok(checkRooms([]).some((finding) => finding.includes('core\\/src')));
  assert.ok(checkRooms([file('tests/unit/a_test.cc', 'int x;')]).some((finding) => finding.startsWith('tests/unit/a_test.cc')));
  const filled = checkRooms([file('tests/unit/a_test.cc', 'TEST_CASE("x") {}')]);
  assert.ok(!filled.some((finding) => finding.includes('tests\\/unit')));
});
