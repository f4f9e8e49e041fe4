import { test as plain } from '@playwright/test';

export { expect } from '@playwright/test';

/** Loads the page with the kit; `mount` decides under which policy it is served. */
export async function openKit(page, mount = 'pages') {
  await page.goto(`/${mount}/kit.html`);
  await page.waitForFunction(() => window.kit !== undefined);
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
