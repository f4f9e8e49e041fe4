import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';

/** The package's folder, wherever the compiled test lies. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'src/worker/index.ts'))) folder = dirname(folder);
  return folder;
}

const compiled = new Map<string, URL>();

/** A real worker thread that runs `script`, in which `serveTasks` and `transfer` are imported already. */
export function thread(script: string): () => Worker {
  return () => new Worker(compile(script), { stdout: true, stderr: true });
}

function compile(script: string): URL {
  const known = compiled.get(script);
  if (known !== undefined) return known;
  const source = bundle(`import { serveTasks, transfer } from './src/worker/index.ts';\n${script}`);
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  compiled.set(script, url);
  return url;
}

/** A module in one piece; its imports begin at the package's folder. */
export function bundle(contents: string): string {
  const built = buildSync({
    stdin: { contents, resolveDir: packageRoot(), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    write: false,
  });
  return built.outputFiles[0]!.text;
}
