// The benchmark in this Node process. By itself: `node --cpu-prof tests/bench/js/node.mjs [count] [rounds]`.

import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { measureAll } from './measure.js';

export function measureInNode({ count, rounds }) {
  setFlagsFromString('--expose-gc');
  return measureAll({ count, rounds, collect: runInNewContext('gc') });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [count = 100_000, rounds = 1] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(await measureInNode({ count, rounds })));
}
