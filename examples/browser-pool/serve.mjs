// A small static server for this example: `node serve.mjs [port]`, on 127.0.0.1 only.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');

/** Only these folders of the checkout are served, and what all pages share. */
const FOLDERS = ['examples/browser-pool', 'web/dist'];
const SHARED = 'examples/shared';
export const PAGE = '/examples/browser-pool/index.html';
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * The page's only inline script is its import map, allowed by its digest. 'wasm-unsafe-eval' lets WebAssembly
 * compile and nothing else.
 */
function contentSecurityPolicy(html) {
  const importMap = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html);
  const digest = importMap && createHash('sha256').update(importMap[1]).digest('base64');
  const scripts = ["'self'", "'wasm-unsafe-eval'", ...(digest ? [`'sha256-${digest}'`] : [])].join(' ');
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function locate(url, folders) {
  const file = path.join(root, decodeURIComponent(new URL(url, 'http://localhost').pathname));
  return [...folders, SHARED].some((folder) => file.startsWith(path.join(root, folder) + path.sep)) ? file : undefined;
}

async function answer(request, response, { page, folders }) {
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    response.writeHead(421).end('This server answers to 127.0.0.1 and localhost only.\n');
    return;
  }
  if (request.url === '/') {
    response.writeHead(302, { location: page }).end();
    return;
  }
  const file = locate(request.url, folders);
  const type = file && TYPES[path.extname(file)];
  if (!type) {
    response.writeHead(404).end('Not found.\n');
    return;
  }
  const body = await readFile(file);
  const headers = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  // Workers are governed by the policy that comes with their own script.
  const html = type.startsWith('text/html') ? body.toString() : '';
  response.writeHead(200, { ...headers, 'content-security-policy': contentSecurityPolicy(html) }).end(body);
}

function refuse(response, error) {
  const missing = error.code === 'ENOENT' || error.code === 'EISDIR' || error instanceof URIError;
  response.writeHead(missing ? 404 : 500).end(missing ? 'Not found.\n' : 'The file cannot be read.\n');
}

/**
 * Serves `page`, what lies in `folders` of the checkout, and what all pages share. Listens on `port`, or on the next free
 * one of the `tries` that follow. Resolves to `{url, close}`.
 */
export async function serve({ port = 7313, tries = 20, page = PAGE, folders = FOLDERS } = {}) {
  const server = createServer((request, response) => {
    answer(request, response, { page, folders }).catch((error) => refuse(response, error));
  });
  for (let candidate = port; ; candidate += 1) {
    try {
      await listen(server, candidate);
      return { url: `http://127.0.0.1:${candidate}/`, close: () => closeNow(server) };
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || candidate + 1 >= port + tries) throw error;
    }
  }
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeNow(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await serve({ port: Number(process.argv[2] ?? 7313) });
  console.log(`${url}  (Ctrl-C stops it)`);
}
