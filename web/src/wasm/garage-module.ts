import createModule from 'parking-lot-garage-glue';
import { PackagedModule } from './load.js';

/** The module of garages that store nothing. Lots without one do not load it. */
export const garageModule = new PackagedModule(
  'parking-lot-garage.wasm',
  createModule,
  () => new URL('./parking_lot_garage.wasm', import.meta.url),
);
