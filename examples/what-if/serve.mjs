// Serves the what-if page: `node serve.mjs [port]`, on 127.0.0.1 only.

import { pathToFileURL } from 'node:url';
import { serve } from '../browser-pool/serve.mjs';

export const serveWhatIf = (port) =>
  serve({ port, page: '/examples/what-if/index.html', folders: ['examples/what-if', 'build/wasm'] });

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await serveWhatIf(Number(process.argv[2] ?? 7314));
  console.log(`${url}  (Ctrl-C stops it)`);
}
