// Serves the garage: `node serve.mjs [port]`, on 127.0.0.1 only.

import { pathToFileURL } from 'node:url';
import { serve } from '../browser-pool/serve.mjs';

export const serveGarage = (port = 7315) =>
  serve({ port, page: '/examples/garage/index.html', folders: ['examples/garage', 'web/dist'] });

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await serveGarage(Number(process.argv[2] ?? 7315));
  console.log(`${url}  (Ctrl-C stops it)`);
}
