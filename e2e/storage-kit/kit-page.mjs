import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, test as plain } from '@playwright/test';
import { origin } from '../server/address.mjs';
import { bundleKit, kitFolder } from './bundle.mjs';

export { expect } from '@playwright/test';

const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const pageText = '<!doctype html><title>storage</title><script type="module" src="kit.js"></script>';

/** Serves the kit to every page of the context under `/storage-kit/`. */
export async function serveKit(context) {
  await context.route(`${origin}/storage-kit/**`, (route) => {
    const name = path.basename(new URL(route.request().url()).pathname);
    const body = name === 'index.html' ? pageText : readFileSync(path.join(kitFolder, name));
    return route.fulfill({ body, contentType: types[path.extname(name)] });
  });
}

export async function openKit(context) {
  const page = await context.newPage();
  await page.goto('/storage-kit/index.html');
  await page.waitForFunction(() => 'kit' in window);
  return page;
}

/** A dedicated worker of the page, with the kit; `run` calls a function in it, with one argument that can be cloned. */
export async function startWorker(page) {
  const handle = await page.evaluateHandle(
    () =>
      new Promise((resolve) => {
        const worker = new Worker('/storage-kit/kit.js', { type: 'module' });
        worker.addEventListener('message', ({ data }) => data.ready && resolve(worker));
      }),
  );
  let lastId = 0;
  return {
    run: (fn, argument) =>
      handle.evaluate(
        (worker, call) =>
          new Promise((resolve, reject) => {
            worker.addEventListener('message', function hear({ data }) {
              if (data.id !== call.id) return;
              worker.removeEventListener('message', hear);
              if (data.failure === undefined) resolve(data.answer);
              else reject(new Error(data.failure));
            });
            worker.postMessage(call);
          }),
        { id: ++lastId, source: fn.toString(), argument },
      ),
    terminate: () => handle.evaluate((worker) => worker.terminate()),
  };
}

/** A test whose `page` has the kit, as pages of its `profile` have: that one is on disk, not in memory like private windows. */
export const test = plain.extend({
  kitBundle: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it
    async ({}, use) => {
      await bundleKit();
      await use();
    },
    { scope: 'worker', auto: true },
  ],
  page: async ({ context }, use) => {
    await serveKit(context);
    await use(await openKit(context));
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright wants it
  profile: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'parking-lot-profile-'));
    const { launchOptions } = test.info().project.use;
    const profile = await chromium.launchPersistentContext(folder, {
      ...launchOptions,
      baseURL: origin,
      headless: true,
    });
    await serveKit(profile);
    await use(profile);
    await profile.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  },
});
