/** Emscripten's JavaScript, as it lies in build/wasm; the package's build puts it in place. */
declare module 'parking-lot-glue' {
  interface GlueOptions {
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance) => void,
    ): Record<string, never>;
    onAbort(what: unknown): void;
    print(line: string): void;
    printErr(line: string): void;
  }
  const createModule: (options: GlueOptions) => Promise<unknown>;
  export default createModule;
}
