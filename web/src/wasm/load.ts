import type { RawModule } from './raw.js';

/** The WebAssembly module, for those who load it themselves: compiled, as bytes, as a response, or where to find it. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | URL | string;

/** What the module says about itself when it stops on a broken invariant. */
export interface Abort {
  reason: string | undefined;
}

/** What Emscripten's JavaScript exports. */
export type CreateModule = (options: {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ): Record<string, never>;
  onAbort(what: unknown): void;
  print(line: string): void;
  printErr(line: string): void;
}) => Promise<unknown>;

interface NodeProcess {
  getBuiltinModule?(name: string): { promises: { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> } };
}

/** One of the package's modules: Emscripten's JavaScript for it, and where it lies. */
export class PackagedModule {
  private compiled: Promise<WebAssembly.Module> | undefined;

  constructor(
    /** As it is exported by the package. */
    readonly name: string,
    readonly create: CreateModule,
    /** Only asked for when nobody gives the module. */
    private readonly url: () => URL,
  ) {}

  /** Compiles it once per realm; a failed attempt is not remembered. */
  compile(): Promise<WebAssembly.Module> {
    this.compiled ??= compileFrom(this.url()).catch((error: unknown) => {
      this.compiled = undefined;
      throw error;
    });
    return this.compiled;
  }
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

/** A fresh instance of the module, without a lot. `source`: where to take it from instead. */
export async function loadModule(
  packaged: PackagedModule,
  source?: WasmSource | Promise<WasmSource>,
): Promise<{ raw: RawModule; abort: Abort }> {
  const module = source === undefined ? await packaged.compile() : await compileFrom(await source);
  const abort: Abort = { reason: undefined };
  let said = '';
  const raw = await new Promise<RawModule>((resolve, reject) => {
    packaged
      .create({
        instantiateWasm(imports, done) {
          if (!isMadeFor(imports, module)) {
            reject(new Error(`it is not the ${packaged.name} of this version, which this config needs`));
            return {};
          }
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
      })
      .then((instance) => resolve(instance as RawModule), reject);
  });
  settleExports(raw);
  return { raw, abort };
}

/** The names of imports are short and mean something else in each module: one too few or too many tells them apart. */
function isMadeFor(imports: WebAssembly.Imports, module: WebAssembly.Module): boolean {
  const given = new Set(Object.values(imports).flatMap((names) => Object.keys(names)));
  return given.size === WebAssembly.Module.imports(module).length;
}

/** Emscripten's exports are slow stand-ins until each was called once; without a lot a call does nothing. */
function settleExports(raw: RawModule): void {
  const functions = raw as unknown as Record<string, unknown>;
  for (const name of Object.keys(functions)) {
    const stub = functions[name];
    if (name.startsWith('_pl_') && typeof stub === 'function') stub();
  }
}
