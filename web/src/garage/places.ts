import type { GarageConfig } from './config.js';

/** A store of the browser that a config wants a garage kept in, as `idbfs:name`; undefined if it says something else. */
export function browserStoreOf(garage: GarageConfig): string | undefined {
  const storage = garage?.storage as unknown;
  const { type, database, directory } = (
    typeof storage === 'string' ? { type: storage } : (storage ?? {})
  ) as {
    [key in 'type' | 'database' | 'directory']?: unknown;
  };
  return type === 'idbfs' || type === 'opfs'
    ? `${type}:${database ?? directory ?? 'parking-lot'}`
    : undefined;
}

export function isInBrowserStore(garage: GarageConfig): boolean {
  return browserStoreOf(garage) !== undefined;
}

/** Whether a garage may want to be stored: where its config names anything but memory. */
export function isStored(garages: Record<string, GarageConfig>): boolean {
  return Object.values(garages ?? {}).some((garage) => {
    const storage = garage?.storage as unknown;
    const type = typeof storage === 'object' ? (storage as { type?: unknown } | null)?.type : storage;
    return type !== undefined && type !== 'in_memory';
  });
}
