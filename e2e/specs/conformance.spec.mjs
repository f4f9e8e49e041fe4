import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { cases, liveAll } from '../../tests/conformance/life.mjs';
import { origin } from '../server/address.mjs';

const list = new URL('../../tests/conformance/cases.json', import.meta.url);

const pageUrl = `${origin}/pages/conformance.html`;

// One profile for all cases: their stores have names of their own.
let context;
let maker;

test.beforeAll(async ({ browser }) => {
  context = await browser.newContext();
  maker = await context.newPage();
  await maker.goto(pageUrl);
});

test.afterAll(() => context.close());

/** In a page of its own, which is closed once the life has answered. */
async function closedPage(order) {
  const page = await context.newPage();
  await page.goto(pageUrl);
  await page.waitForFunction(() => 'live' in window);
  const answer = await page.evaluate((order) => live(order), order);
  await page.close();
  return answer;
}

/** In a worker of its own, which is terminated the moment that it has answered. */
function terminatedWorker(order) {
  return maker.evaluate(
    (order) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('/pages/conformance.js', { type: 'module' });
        worker.addEventListener('error', ({ message }) => reject(new Error(message)));
        worker.addEventListener('message', ({ data: { isReady, failure, answer } }) => {
          if (isReady) return worker.postMessage(order);
          worker.terminate();
          if (failure === undefined) resolve(answer);
          else reject(new Error(failure));
        });
      }),
    order,
  );
}

/** What each backend of browsers promises, where it stores the lot of a case, and how its realms end. */
const backends = {
  idbfs: {
    make: (name) => ({
      survives: 'process',
      second: 'shared',
      storage: { type: 'idbfs', database: `conformance-${name}` },
    }),
    killedLife: closedPage,
  },
  opfs: {
    make: (name) => ({
      survives: 'process',
      second: 'shared',
      storage: { type: 'opfs', directory: `conformance-${name}` },
    }),
    killedLife: terminatedWorker,
  },
};

test('this suite has exactly the cases of the list', () => {
  const listed = JSON.parse(readFileSync(list, 'utf8'));
  expect(Object.keys(cases).sort()).toEqual(Object.keys(listed).sort());
});

for (const [kind, { make, killedLife }] of Object.entries(backends)) {
  for (const name of Object.keys(cases)) {
    test(`${kind}: ${name}`, () => liveAll(name, make(name), killedLife));
  }
}
