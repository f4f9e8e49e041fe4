import type { WasmSource } from './load.js';

export type SendableWasm = WebAssembly.Module | BufferSource | string;

/** A module that somebody gives, so that it can be sent to a worker, and used more than once. */
export async function sendable(
  wasm: WasmSource | Promise<WasmSource> | undefined,
): Promise<SendableWasm | undefined> {
  const source = await wasm;
  if (source instanceof URL) return source.href;
  if (typeof source === 'string') return new URL(source, globalThis.location.href).href;
  if (typeof Response !== 'undefined' && source instanceof Response) return source.arrayBuffer();
  return source as SendableWasm | undefined;
}
