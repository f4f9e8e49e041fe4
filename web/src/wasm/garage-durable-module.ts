import createModule from 'parking-lot-garage-durable-glue';
import type { RawGarages } from './garage-module.js';
import { type Abort, loadModule, PackagedModule, type WasmSource } from './load.js';

/** The module of garages that are stored. */
const durableGarageModule = new PackagedModule(
  'parking-lot-garage-durable.wasm',
  createModule,
  () => new URL('./parking_lot_garage_durable.wasm', import.meta.url),
);

/** A fresh instance of the module, without garages. */
export async function loadDurableGarages(
  source?: WasmSource | Promise<WasmSource>,
): Promise<{ raw: RawGarages; abort: Abort }> {
  const { raw, abort } = await loadModule(durableGarageModule, source);
  return { raw: raw as unknown as RawGarages, abort };
}
