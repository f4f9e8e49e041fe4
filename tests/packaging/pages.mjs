// Built pages in a real Chromium.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';

const executablePath = process.env.PARKING_LOT_CHROMIUM ?? '/usr/bin/chromium';
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

export function launchBrowser() {
  if (!existsSync(executablePath)) {
    throw new Error(`no browser at ${executablePath}: install Debian's chromium, or name another in PARKING_LOT_CHROMIUM`);
  }
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
  return chromium.launch({ executablePath, args });
}

/** Serves a folder, opens its index.html, and answers what the page has put into `window.report`. */
export async function reportOf(browser, folder) {
  const server = createServer((request, response) => serve(folder, request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const page = await browser.newPage();
  const complaints = [];
  const failed = new Promise((_, reject) => {
    page.on('pageerror', (error) => reject(error));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}/index.html`);
    await Promise.race([failed, page.waitForFunction(() => 'report' in window, undefined, { timeout: 20_000 })]);
    return { report: await page.evaluate(() => window.report), complaints };
  } catch (error) {
    throw new Error(`${folder}: ${error.message}\n${complaints.join('\n')}`, { cause: error });
  } finally {
    failed.catch(() => undefined);
    await page.close();
    server.close();
  }
}

function serve(folder, request, response) {
  const file = path.join(folder, path.normalize(new URL(request.url, 'http://localhost').pathname));
  if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream' });
  return response.end(readFileSync(file));
}
