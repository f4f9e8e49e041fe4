import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../storage/scratch.js';

const folder = new URL('../../../tests/conformance/', import.meta.url);

interface Backend {
  readonly survives: 'process' | 'nothing';
  readonly second: 'refused' | 'shared' | 'separate';
  readonly storage: string | { readonly type: string; readonly path: string };
}
interface Order {
  readonly name: string;
  readonly life: number;
  readonly backend: Backend;
  readonly said: readonly unknown[];
}
interface Suite {
  readonly cases: Record<string, readonly unknown[]>;
  liveAll(name: string, backend: Backend, runLife: (order: Order) => Promise<unknown>): Promise<void>;
}

const { cases, liveAll } = (await import(new URL('life.mjs', folder).href)) as Suite;

const stores = scratchFolder();

/** What each backend of Node promises, and where it stores the lot of a case. */
const backends: Record<string, (name: string) => Backend> = {
  memory: () => ({ survives: 'nothing', second: 'separate', storage: 'in_memory' }),
  file: (name) => ({
    survives: 'process',
    second: 'refused',
    storage: { type: 'file', path: path.join(stores, name) },
  }),
};

/** In a process of its own, which is killed with -9 once the life has answered. */
function killedLife(order: Order): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('node-life.mjs', folder));
    execFile(
      process.execPath,
      [program, JSON.stringify(order)],
      { maxBuffer: 1 << 26 },
      (error, out, errors) => {
        if (error?.signal !== 'SIGKILL') return reject(new Error(`it was not killed: ${errors}`));
        if (out === '') return reject(new Error(`it said nothing: ${errors}`));
        const { answer, failure } = JSON.parse(out) as { answer?: unknown; failure?: string };
        if (failure === undefined) resolve(answer);
        else reject(new Error(failure));
      },
    );
  });
}

test('this suite has exactly the cases of the list', () => {
  const listed = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as object;
  assert.deepEqual(Object.keys(cases).sort(), Object.keys(listed).sort());
});

for (const [kind, backend] of Object.entries(backends)) {
  test(`backends of type ${kind}`, { concurrency: 3 }, async (context) => {
    await Promise.all(
      Object.keys(cases).map((name) => context.test(name, () => liveAll(name, backend(name), killedLife))),
    );
  });
}
