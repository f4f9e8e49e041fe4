import createModule from 'parking-lot-garage-durable-glue';
import { PackagedModule } from './load.js';

/** The module of garages that are stored. */
export const garageDurableModule = new PackagedModule(
  'parking-lot-garage-durable.wasm',
  createModule,
  () => new URL('./parking_lot_garage_durable.wasm', import.meta.url),
);
