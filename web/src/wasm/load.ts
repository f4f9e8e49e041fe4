import createModule from 'parking-lot-glue';
import type { RawModule } from './raw.js';

/** The WebAssembly module, for those who load it themselves: compiled, as bytes, as a response, or where to find it. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | URL | string;

/** What the module says about itself when it stops on a broken invariant. */
export interface Abort {
  reason: string | undefined;
}

interface NodeProcess {
  getBuiltinModule?(name: string): { promises: { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> } };
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** Compiles the package's own module once per realm; a failed attempt is not remembered. */
function ownModule(): Promise<WebAssembly.Module> {
  compiled ??= compileFrom(new URL('./parking_lot.wasm', import.meta.url)).catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

async function compileFrom(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof Response !== 'undefined' && source instanceof Response) return compileResponse(source);
  if (typeof source !== 'string' && !(source instanceof URL))
    return WebAssembly.compile(source as BufferSource);
  const url = source instanceof URL ? source : new URL(source, globalThis.location?.href);
  const { process } = globalThis as { process?: NodeProcess };
  if (url.protocol === 'file:' && process?.getBuiltinModule) {
    return WebAssembly.compile(await process.getBuiltinModule('node:fs').promises.readFile(url));
  }
  return compileResponse(await fetch(url));
}

/** Streams if the server names the right type, else takes the bytes. */
async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

/** A fresh instance of the module, without a lot. */
export async function loadModule(
  source?: WasmSource | Promise<WasmSource>,
): Promise<{ raw: RawModule; abort: Abort }> {
  const module = source === undefined ? await ownModule() : await compileFrom(await source);
  const abort: Abort = { reason: undefined };
  let said = '';
  const raw = await new Promise<RawModule>((resolve, reject) => {
    createModule({
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports).then(done, reject);
        return {};
      },
      onAbort(what) {
        abort.reason = said || String(what);
      },
      print: () => undefined,
      printErr(line) {
        said = line;
      },
    }).then((instance) => resolve(instance as RawModule), reject);
  });
  settleExports(raw);
  return { raw, abort };
}

/** Emscripten's exports are slow stand-ins until each was called once; without a lot a call does nothing. */
function settleExports(raw: RawModule): void {
  const functions = raw as unknown as Record<string, unknown>;
  for (const name of Object.keys(functions)) {
    const stub = functions[name];
    if (name.startsWith('_pl_') && typeof stub === 'function') stub();
  }
}
