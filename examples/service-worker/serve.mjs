// Serves the example: `node serve.mjs [port]`, on 127.0.0.1 only.

import { pathToFileURL } from 'node:url';
import { serve } from '../browser-pool/serve.mjs';

export const serveSeals = (port = 7316) =>
  serve({ port, page: '/examples/service-worker/index.html', folders: ['examples/service-worker', 'web/dist'] });

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await serveSeals(Number(process.argv[2] ?? 7316));
  console.log(`${url}  (Ctrl-C stops it)`);
}
