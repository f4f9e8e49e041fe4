import { test as plain } from '@playwright/test';
import { origin } from '../server/address.mjs';

export { expect } from '@playwright/test';

/** Loads the page with the kit; `mount` decides under which policy it is served. */
export async function openKit(page, mount = 'pages') {
  await page.goto(`/${mount}/kit.html`);
  await page.waitForFunction(() => window.kit !== undefined);
}

/** What the browser does when it likes. The next event starts the worker anew. */
export async function stopServiceWorkers(page, context) {
  const devtools = await context.newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers');
  await devtools.detach();
}

/** Sets what the browser lets the origin store; without `quotaSize` as much as ever. */
export async function quotaOf(context) {
  const devtools = await context.newCDPSession(await context.newPage());
  return (quotaSize) => devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
}

/** Whole numbers below `n`, the same ones for the same `SEED`, which is printed. */
export function seededRandom() {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  console.log(`seed ${seed}`);
  let state = seed;
  return (n) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * n);
  };
}

/** A test whose `page` has the kit, and which fails on an error that the page did not expect. */
export const test = plain.extend({
  page: async ({ page }, use) => {
    const errors = [];
    page.on('pageerror', (error) => errors.push(error));
    await openKit(page);
    await use(page);
    if (errors.length > 0) throw new AggregateError(errors, `uncaught in the page: ${errors[0].message}`);
  },
});
