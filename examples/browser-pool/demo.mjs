// `node demo.mjs` renders the zoom in headless Chromium, works the page by mouse and keyboard, and reports what
// happened. Exit 0 if every task ended and the cap was kept, else 1. `--open` only serves the page.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBrowser } from './drive/browser.mjs';
import { faultsOf, printReport } from './drive/print.mjs';
import { drive } from './drive/steps.mjs';
import { serve } from './serve.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const pictures = path.join(root, 'build');

/** The whole drive; single steps have shorter limits of their own. */
const LIMIT_MS = 6 * 60_000;

/** An error that says what to do and needs no stack. */
class Advice extends Error {}

async function main(options) {
  const unknown = options.filter((option) => option !== '--open');
  if (unknown.length > 0) throw new Advice(`unknown option ${unknown[0]}; known: --open`);
  if (!existsSync(path.join(root, 'web/dist/index.js'))) {
    throw new Advice('web/dist is not built; run ./dev build first');
  }
  const server = await serve();
  if (options.includes('--open')) {
    console.log(`\n  ${server.url}\n\n  Open it in a browser. Ctrl-C stops the server.\n`);
    return;
  }
  try {
    await driveAndReport(server.url);
  } finally {
    await server.close();
  }
}

async function driveAndReport(url) {
  console.log(`\ndemo  ${url} in headless Chromium`);
  await mkdir(pictures, { recursive: true });
  const browser = await openBrowser((message) => new Advice(message));
  try {
    const result = await within(LIMIT_MS, drive(browser.page, url, pictures));
    const faults = faultsOf(result, browser.errors);
    printReport(result, { chromium: browser.version, pictures: path.relative(process.cwd(), pictures), faults });
    process.exitCode = faults.length === 0 ? 0 : 1;
  } catch (error) {
    for (const line of browser.errors) console.error(`  page: ${line}`);
    throw error;
  } finally {
    await browser.close();
  }
}

async function within(ms, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Advice(`the demo did not end within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

main(process.argv.slice(2)).catch((error) => {
  const text = error instanceof Advice || error.name === 'TimeoutError' ? error.message : error.stack;
  console.error(`demo: ${text}`);
  process.exitCode = 1;
});
