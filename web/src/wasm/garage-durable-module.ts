import createModule from 'parking-lot-garage-durable-glue';
import type { GarageModule, RawGarages } from './garage-module.js';
import { loadModule, PackagedModule } from './load.js';

/** The module of garages that are stored. */
const durableGarageModule = new PackagedModule(
  'parking-lot-garage-durable.wasm',
  createModule,
  () => new URL('./parking_lot_garage_durable.wasm', import.meta.url),
);

export const durableGarages: GarageModule = {
  isStored: true,
  async load(source) {
    const { raw, abort } = await loadModule(durableGarageModule, source);
    return { raw: raw as unknown as RawGarages, abort };
  },
};
