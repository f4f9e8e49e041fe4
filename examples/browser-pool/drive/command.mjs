// The command line of the demos: check, serve, and drive the page in headless Chromium, or only serve it for a person.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBrowser } from './browser.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Where pictures of pages go. */
export const pictures = path.join(root, 'build');

/** An error that says what to do and needs no stack. */
export class Advice extends Error {}

/**
 * Does what `process.argv` asks for. `built` is the file of web/dist that the page needs, `serve` starts its server, and
 * `drive(browser, url)` works the page and answers what is wrong, a line for each fault.
 */
export async function runCommand(demo) {
  try {
    await obey(demo, process.argv.slice(2));
  } catch (error) {
    const text = error instanceof Advice || error.name === 'TimeoutError' ? error.message : error.stack;
    console.error(`demo: ${text}`);
    process.exitCode = 1;
  }
}

async function obey({ built, serve, drive }, options) {
  const unknown = options.filter((option) => option !== '--open');
  if (unknown.length > 0) throw new Advice(`unknown option ${unknown[0]}; known: --open`);
  if (!existsSync(path.join(root, 'web/dist', built))) {
    throw new Advice('web/dist is not built; run ./dev build first');
  }
  const server = await serve();
  if (options.includes('--open')) {
    console.log(`\n  ${server.url}\n\n  Open it in a browser. Ctrl-C stops the server.\n`);
    return;
  }
  try {
    await driveAndReport(drive, server.url);
  } finally {
    await server.close();
  }
}

async function driveAndReport(drive, url) {
  console.log(`\ndemo  ${url} in headless Chromium`);
  await mkdir(pictures, { recursive: true });
  const browser = await openBrowser((message) => new Advice(message));
  try {
    const faults = await drive(browser, url);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } catch (error) {
    for (const line of browser.errors) console.error(`  page: ${line}`);
    throw error;
  } finally {
    await browser.close();
  }
}
