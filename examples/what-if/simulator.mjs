// The WebAssembly module of the simulator, with text in and text out. Knows Emscripten; nothing else here does.

import loadModule from '../../build/wasm/parking_lot_simulate.mjs';

/** Loads the module. Resolves to `whatIf(request, trace)`, which answers as core/simulate/what_if.h says. */
export async function loadSimulator(options) {
  const module = await loadModule(options);

  /** The text in the module's memory, which grows as it likes: views of it are taken when they are needed. */
  function put(bytes) {
    const at = module._malloc(Math.max(bytes.length, 1));
    module.HEAPU8.set(bytes, at);
    return at;
  }

  return function whatIf(request, trace) {
    const encoder = new TextEncoder();
    const asked = encoder.encode(JSON.stringify(request));
    const lines = typeof trace === 'string' ? encoder.encode(trace) : trace;
    const askedAt = put(asked);
    const linesAt = put(lines);
    try {
      module._pl_what_if(askedAt, asked.length, linesAt, lines.length);
      const from = module._pl_answer();
      return JSON.parse(new TextDecoder().decode(module.HEAPU8.subarray(from, from + module._pl_answer_bytes())));
    } finally {
      module._free(askedAt);
      module._free(linesAt);
    }
  };
}
