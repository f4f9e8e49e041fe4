// The same benchmark in one page of a real Chromium.

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const executablePath = process.env.PARKING_LOT_CHROMIUM ?? '/usr/bin/chromium';
const here = fileURLToPath(new URL('.', import.meta.url));
const root = path.resolve(here, '../../..');
const site = path.join(root, 'build/bench/site');

/** The figures of the page, and the browser's version. */
export async function measureInChromium({ count, rounds }) {
  if (!existsSync(executablePath)) {
    throw new Error(`no browser at ${executablePath}: install Debian's chromium, or name another in PARKING_LOT_CHROMIUM`);
  }
  await bundle();
  const server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--js-flags=--expose-gc'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/index.html`);
    await page.waitForFunction(() => 'measure' in window);
    const figures = await page.evaluate((options) => window.measure(options), { count, rounds });
    return { figures, version: browser.version() };
  } finally {
    await browser.close();
    server.close();
  }
}

/** esbuild leaves `new URL('./parking_lot.wasm', import.meta.url)` alone, so that the module lies beside the bundle. */
async function bundle() {
  mkdirSync(site, { recursive: true });
  await build({
    entryPoints: [path.join(here, 'page.js')],
    outfile: path.join(site, 'page.js'),
    bundle: true,
    format: 'esm',
    minify: true,
  });
  copyFileSync(path.join(root, 'web/dist/parking_lot.wasm'), path.join(site, 'parking_lot.wasm'));
  writeFileSync(path.join(site, 'index.html'), '<!doctype html><title>bench</title><script type="module" src="page.js"></script>');
}

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

function serve(request, response) {
  const name = path.basename(request.url ?? '');
  const type = types[path.extname(name)];
  if (type === undefined || !existsSync(path.join(site, name))) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': type });
  return response.end(readFileSync(path.join(site, name)));
}
