// What the documents show is run as it stands there, and every link in them leads somewhere.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { mutations } from '../simulation/mutation-list.mjs';
import { blocksOf, isAsWritten } from './blocks.mjs';
import { printedByPage } from './page.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const execute = promisify(execFile);
const environment = { ...process.env, PATH: `${path.join(root, 'build/release')}:${process.env.PATH}`, NO_COLOR: '1' };

const listed = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' });
const documents = listed.trim().split('\n').filter((file) => existsSync(root + file));

/** The root's own document is run in the root, every other one in a copy of its folder. */
function folderFor(document) {
  if (path.dirname(document) === '.') return root;
  const folder = path.join(root, 'build/docs', document.replace(/\W+/g, '-'));
  rmSync(folder, { recursive: true, force: true });
  const isSource = (file) => !/\/(node_modules|dist|test|src)$/.test(file);
  cpSync(path.join(root, path.dirname(document)), folder, { recursive: true, filter: isSource });
  return folder;
}

async function printedBy({ language, does, file, text, output = '' }, folder) {
  if (does === 'page') {
    writeFileSync(path.join(folder, 'page.js'), text);
    return printedByPage(folder, output.trimEnd().split('\n').length);
  }
  const options = { cwd: folder, env: environment, timeout: 120_000 };
  const inNode = () => {
    if (file) return [file];
    const unnamed = path.join(root, 'build/docs/block.mjs');
    mkdirSync(path.dirname(unnamed), { recursive: true });
    writeFileSync(unnamed, text);
    return [unnamed];
  };
  const started = language === 'sh' ? execute('bash', ['-euo', 'pipefail', '-c', text], options) : execute(process.execPath, inNode(), options);
  return (await started).stdout;
}

for (const document of documents) {
  const markdown = readFileSync(root + document, 'utf8');
  const blocks = blocksOf(markdown);
  describe(document, () => {
    test('its links lead to files of this tree', () => {
      for (const [, target] of markdown.matchAll(/(?:\]\(|src(?:set)?=")(?!https?:|#|mailto:)([^)"#\s]+)/g)) {
        assert.ok(existsSync(path.resolve(root, path.dirname(document), target)), `${target} is not there`);
      }
    });
    if (blocks.length === 0) return;
    const folder = folderFor(document);
    for (const { file, text } of blocks.filter((block) => block.file)) {
      assert.notEqual(folder, root, `${document}: a file block would change the tree`);
      writeFileSync(path.join(folder, file), text);
    }
    for (const block of blocks.filter(({ does }) => does)) {
      test(`line ${block.line} does what it says`, async () => {
        const printed = await printedBy(block, folder);
        if (block.output) assert.ok(isAsWritten(printed, block.output), `it printed:\n${printed}`);
      });
    }
  });
}

test('every law that is broken on purpose is listed, and the text that it replaces stands once', () => {
  const testing = readFileSync(root + 'docs/testing.md', 'utf8');
  for (const { name, file, from } of mutations) {
    assert.ok(testing.includes(`| ${name} |`), `docs/testing.md does not list ${name}`);
    assert.equal(readFileSync(root + file, 'utf8').split(from).length, 2, `${name}: "${from}" in ${file}`);
  }
});

test('the usage for agents has a line for every refusal and every reason', () => {
  const codes = readFileSync(path.join(root, 'core/include/parking_lot/codes.h'), 'utf8');
  const usage = readFileSync(path.join(root, 'docs/usage-for-agents.md'), 'utf8');
  for (const list of ['REFUSALS', 'REASONS']) {
    const [, body] = new RegExp(`define PARKING_LOT_${list}\\(X\\)((?:.*\\\\\\n)*.*)`).exec(codes);
    const names = [...body.matchAll(/X\((\w+),/g)].map(([, name]) => name);
    assert.ok(names.length > 10, `${list}: only ${names.length} found`);
    assert.deepEqual(names.filter((name) => !usage.includes(`\`${name}\``)), []);
  }
});

/** The names of all keys that objects of a schema have, however deep. */
function keysOf(schema) {
  if (schema === null || typeof schema !== 'object') return [];
  const { properties = {}, ...others } = schema;
  return [...Object.entries(properties).flatMap(([key, value]) => [key, ...keysOf(value)]), ...Object.values(others).flatMap(keysOf)];
}

test('the configuration names every key of a config, and of its garages and tariffs in their own section', () => {
  const schema = JSON.parse(execFileSync('parking-lot', ['check', '--schema'], { env: environment, encoding: 'utf8' }));
  const configuration = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');
  const [, ofGarages] = /^## Garages\n([\s\S]*?)^## /m.exec(configuration);
  const missing = (keys, text) => [...new Set(keys)].filter((key) => !new RegExp(`[\`."]${key.replace('$', '\\$')}[\`."]`).test(text));
  const { garages } = schema.properties;
  assert.ok(keysOf(garages).length > 60, 'the schema has no garages');
  const inOtherSections = ['database', 'directory', 'dsn', 'path', 'table', 'type']; // of storage
  assert.deepEqual(missing(keysOf(garages), ofGarages).filter((key) => !inOtherSections.includes(key)), []);
  assert.deepEqual(missing(keysOf(schema), configuration), []);
});
