/** Garages without a lot of pools, and for realms that cannot import them when they are needed: service workers. */

export { Garage } from './garage.js';
export { type GarageOptions, Garages } from './index.js';
export * from './types.js';
