// Runs a module in a page of Chromium, with the package under the names that a bundler would resolve.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { openBrowser } from '../../examples/browser-pool/drive/browser.mjs';

const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));
const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.html': 'text/html', '.wasm': 'application/wasm' };

const resolved = (script) =>
  script
    .replaceAll("'prometheus-parking-lot'", "'/package/index.js'")
    .replaceAll(/'prometheus-parking-lot\/([\w-]+)'/g, "'/package/$1.js'");

async function contentOf(url, folder) {
  if (url === '/') return '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  if (url.startsWith('/package/')) return readFile(path.join(dist, path.basename(url)));
  return resolved(await readFile(path.join(folder, path.basename(url)), 'utf8'));
}

/** What `page.js` in `folder` prints until it has printed `lineCount` lines or thrown, or 40 s have passed. */
export async function printedByPage(folder, lineCount) {
  const server = createServer(async ({ url }, response) => {
    try {
      const content = await contentOf(url, folder);
      response.writeHead(200, { 'content-type': types[path.extname(url)] ?? types['.html'] }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await openBrowser((advice) => new Error(advice));
  try {
    const lines = [];
    const done = new Promise((resolve) => {
      const add = (line) => lines.push(line) >= lineCount && resolve();
      browser.page.on('console', (message) => add(message.text()));
      browser.page.on('pageerror', (error) => resolve(lines.push(String(error))));
      setTimeout(resolve, 40_000).unref();
    });
    await browser.page.goto(`http://127.0.0.1:${server.address().port}/`);
    await done;
    return lines.join('\n');
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
