// A page in a real Chromium, on the disk of the checkout, whose dedicated worker measures.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { copyModules, glueFrom, wasmDirectory } from '../../../web/packaging/glue.mjs';

const executablePath = process.env.PARKING_LOT_CHROMIUM ?? '/usr/bin/chromium';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const site = path.join(root, 'build/bench/storage-site');
const profile = path.join(root, 'build/bench/storage-profile');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Calls `use` with a function that measures in a fresh worker, and answers the browser's version. */
export async function inChromium(use) {
  if (!existsSync(executablePath)) {
    throw new Error(`no browser at ${executablePath}: install Debian's chromium, or name another in PARKING_LOT_CHROMIUM`);
  }
  await bundle();
  rmSync(profile, { recursive: true, force: true });
  const server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/index.html`);
    await use((question) => page.evaluate(measure, question));
    return context.browser()?.version() ?? (await page.evaluate(() => navigator.userAgent));
  } finally {
    await context.close();
    server.close();
  }
}

function measure(question) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' });
    worker.addEventListener('message', ({ data }) => {
      worker.terminate();
      if (data.failure === undefined) resolve(data);
      else reject(new Error(data.failure));
    });
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.postMessage(question);
  });
}

async function bundle() {
  mkdirSync(site, { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL('worker.js', import.meta.url))],
    outfile: path.join(site, 'worker.js'),
    bundle: true,
    format: 'esm',
    minify: true,
    plugins: [glueFrom(wasmDirectory())],
  });
  copyModules(site);
  writeFileSync(path.join(site, 'index.html'), '<!doctype html><title>bench</title>');
}

function serve(request, response) {
  const name = path.basename(request.url ?? '');
  const type = types[path.extname(name)];
  if (type === undefined || !existsSync(path.join(site, name))) return response.writeHead(404).end();
  response.writeHead(200, { 'Content-Type': type });
  return response.end(readFileSync(path.join(site, name)));
}
