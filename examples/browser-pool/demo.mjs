// `node demo.mjs` renders the zoom in headless Chromium, works the page by mouse and keyboard, kills the tab, goes on in
// two, and reports what happened. Exit 0 if every task ended once and the cap was kept, else 1. `--open` only serves the
// page.

import path from 'node:path';

import { Advice, pictures, runCommand } from './drive/command.mjs';
import { dieAndShare } from './drive/afterlife.mjs';
import { faultsOf, printAfterlife, printReport, printVerdict } from './drive/print.mjs';
import { drive } from './drive/steps.mjs';
import { serve } from './serve.mjs';

/** Each half of the drive; single steps have shorter limits of their own. */
const LIMIT_MS = 12 * 60_000;

async function driveAndReport(browser, url) {
  const result = await within(LIMIT_MS, drive(browser.page, url, pictures));
  printReport(result, { chromium: browser.version, pictures: path.relative(process.cwd(), pictures) });
  const afterlife = await within(LIMIT_MS, dieAndShare(browser, url));
  printAfterlife(afterlife);
  const faults = [...faultsOf(result, browser.errors), ...afterlife.faults];
  printVerdict(faults);
  return faults;
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

await runCommand({ built: 'index.js', serve, drive: driveAndReport });
