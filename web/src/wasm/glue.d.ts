/** Emscripten's JavaScript, as it lies in build/wasm; the package's build puts it in place. */
declare module 'parking-lot-glue' {
  const createModule: import('./load.js').CreateModule;
  export default createModule;
}
declare module 'parking-lot-durable-glue' {
  const createModule: import('./load.js').CreateModule;
  export default createModule;
}
declare module 'parking-lot-garage-durable-glue' {
  const createModule: import('./load.js').CreateModule;
  export default createModule;
}
declare module 'parking-lot-garage-glue' {
  const createModule: import('./load.js').CreateModule;
  export default createModule;
}
