// Cuts a view into tiles and says what each costs: one unit is 1 MiB of sample buffers in a worker.

import { PICTURE } from './views.js';

export const UNIT_BYTES = 1024 * 1024;

/** A smooth count and a slope per sample, both as 32-bit floats. */
export const BYTES_PER_SAMPLE = 8;

/** Rows of the plan: where tiles of one size go, and when they matter. The middle of the picture comes first. */
const REGIONS = [
  { x: 0, y: 0, width: 1024, height: 768, tile: [512, 384], samplesPerPixel: 1, priority: 'critical' },
  { x: 384, y: 256, width: 256, height: 256, tile: [64, 64], samplesPerPixel: 4, priority: 'high' },
  { x: 256, y: 256, width: 128, height: 256, tile: [128, 128], samplesPerPixel: 4, priority: 'high' },
  { x: 640, y: 256, width: 128, height: 256, tile: [128, 128], samplesPerPixel: 4, priority: 'high' },
  { x: 256, y: 0, width: 512, height: 256, tile: [256, 128], samplesPerPixel: 4, priority: 'normal' },
  { x: 256, y: 512, width: 512, height: 256, tile: [256, 128], samplesPerPixel: 4, priority: 'normal' },
  { x: 0, y: 256, width: 256, height: 256, tile: [256, 128], samplesPerPixel: 4, priority: 'normal' },
  { x: 768, y: 256, width: 256, height: 256, tile: [256, 128], samplesPerPixel: 4, priority: 'normal' },
  { x: 0, y: 0, width: 256, height: 256, tile: [256, 256], samplesPerPixel: 4, priority: 'low' },
  { x: 768, y: 0, width: 256, height: 256, tile: [256, 256], samplesPerPixel: 4, priority: 'low' },
  { x: 0, y: 512, width: 256, height: 256, tile: [256, 256], samplesPerPixel: 4, priority: 'low' },
  { x: 768, y: 512, width: 256, height: 256, tile: [256, 256], samplesPerPixel: 4, priority: 'low' },
];

/** The tiles of a view. Each is `{x, y, width, height, priority, units, order}`. */
export function planView(view) {
  return REGIONS.flatMap((region) => tilesOf(region).map((tile) => ({ ...tile, order: orderFor(view, tile) })));
}

function tilesOf(region) {
  const [width, height] = region.tile;
  const { samplesPerPixel, priority } = region;
  const bytes = width * height * samplesPerPixel ** 2 * BYTES_PER_SAMPLE;
  const units = Math.ceil(bytes / UNIT_BYTES);
  const tiles = [];
  for (let y = region.y; y < region.y + region.height; y += height) {
    for (let x = region.x; x < region.x + region.width; x += width) {
      tiles.push({ x, y, width, height, samplesPerPixel, priority, bytes, units });
    }
  }
  return tiles;
}

/** What a worker needs to know to render one tile: the payload of its task. */
function orderFor(view, { x, y, width, height, samplesPerPixel }) {
  const step = view.width / (PICTURE.width * samplesPerPixel);
  const pixel = view.width / PICTURE.width;
  return {
    re: view.re + (x - PICTURE.width / 2) * pixel + step / 2,
    im: view.im - (y - PICTURE.height / 2) * pixel - step / 2,
    step,
    columns: width * samplesPerPixel,
    rows: height * samplesPerPixel,
    fold: samplesPerPixel,
    iterations: view.iterations,
    colour: view.colour,
  };
}
