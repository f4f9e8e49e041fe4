// Serves the built package and the pages of the specs on 127.0.0.1, nothing else.
//
//   /package/…      web/dist
//   /pages/…        e2e/pages
//   /conformance/…  tests/conformance
//   /strict/…       e2e/pages under a Content-Security-Policy that allows WebAssembly and no eval

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { origin, port } from './address.mjs';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const packageFolder = folder('../../web/dist/');
const pagesFolder = folder('../pages/');

const mounts = [
  { prefix: '/package/', folder: packageFolder, headers: {} },
  { prefix: '/pages/', folder: pagesFolder, headers: {} },
  { prefix: '/conformance/', folder: folder('../../tests/conformance/'), headers: {} },
  {
    prefix: '/strict/',
    folder: pagesFolder,
    headers: {
      'Content-Security-Policy':
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'",
    },
  },
];

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', origin).pathname);
  const mount = mounts.find(({ prefix }) => path.startsWith(prefix));
  const file = mount && normalize(join(mount.folder, path.slice(mount.prefix.length)));
  if (!mount || !file.startsWith(mount.folder)) {
    response.writeHead(404).end();
    return;
  }
  try {
    const body = await readFile(file);
    response.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Cache-Control': 'no-store',
      'Service-Worker-Allowed': '/',
      ...mount.headers,
    });
    response.end(body);
  } catch {
    response.writeHead(404, mount.headers).end();
  }
});

if (!existsSync(join(packageFolder, 'index.js'))) {
  console.error('web/dist/index.js is missing: build the package first (./dev build wasm web)');
  process.exit(1);
}
server.listen(port, '127.0.0.1', () => console.log(`serving ${origin}`));
