import createModule from 'parking-lot-durable-glue';
import { PackagedModule } from './load.js';

/** The module of lots that store something. */
export const durableModule = new PackagedModule(
  'parking-lot-durable.wasm',
  createModule,
  () => new URL('./parking_lot_durable.wasm', import.meta.url),
);
