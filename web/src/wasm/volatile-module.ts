import createModule from 'parking-lot-glue';
import { PackagedModule } from './load.js';

/** The module of lots that store nothing: without a journal and without a file system. */
export const volatileModule = new PackagedModule(
  'parking-lot.wasm',
  createModule,
  () => new URL('./parking_lot.wasm', import.meta.url),
);
