// The mathematics of one sample: how fast a point leaves the Mandelbrot set, and which way its slope faces.

/** Far beyond 2, so that the smooth count has no visible bands. */
const ESCAPE_RADIUS_SQUARED = 1e6;
const LIGHT_X = Math.SQRT1_2;
const LIGHT_Y = Math.SQRT1_2;
const LIGHT_HEIGHT = 1.4;

/** Written to `count` for a point that never left. */
export const INSIDE = -1;

/** True for points of the two largest bodies, which would cost every iteration and teach nothing. */
function isInLargestBodies(re, im) {
  const x = re - 0.25;
  const q = x * x + im * im;
  return q * (q + x) <= 0.25 * im * im || (re + 1) * (re + 1) + im * im <= 0.0625;
}

/**
 * Computes one row of samples from `re` on in steps of `step`, at height `im`.
 * `counts[at + i]` becomes the smooth iteration count, or INSIDE; `slopes[at + i]` the light on it, 0 to 1.
 * O(columns × iterations).
 */
export function computeRow({ re, im, step, columns, iterations }, counts, slopes, at) {
  for (let column = 0; column < columns; column += 1) {
    computeSample(re + column * step, im, iterations, counts, slopes, at + column);
  }
}

function computeSample(re, im, iterations, counts, slopes, index) {
  if (isInLargestBodies(re, im)) {
    counts[index] = INSIDE;
    return;
  }
  let x = 0;
  let y = 0;
  let xx = 0;
  let yy = 0;
  let dx = 0;
  let dy = 0;
  // Brent's cycle detection: a point that comes back to where it was never leaves.
  let oldX = 0;
  let oldY = 0;
  let check = 8;
  for (let n = 1; n <= iterations; n += 1) {
    const next = 2 * (x * dx - y * dy) + 1;
    dy = 2 * (x * dy + y * dx);
    dx = next;
    y = 2 * x * y + im;
    x = xx - yy + re;
    xx = x * x;
    yy = y * y;
    if (xx + yy > ESCAPE_RADIUS_SQUARED) {
      counts[index] = n + 1 - Math.log2(0.5 * Math.log(xx + yy));
      slopes[index] = lightOn(x, y, dx, dy);
      return;
    }
    if (x === oldX && y === oldY) break;
    if (n === check) {
      oldX = x;
      oldY = y;
      check *= 2;
    }
  }
  counts[index] = INSIDE;
}

/** Lambert shading of the potential's slope, which points along z / z'. */
function lightOn(x, y, dx, dy) {
  const size = dx * dx + dy * dy;
  const ux = (x * dx + y * dy) / size;
  const uy = (y * dx - x * dy) / size;
  const length = Math.hypot(ux, uy);
  const light = ((ux * LIGHT_X + uy * LIGHT_Y) / length + LIGHT_HEIGHT) / (1 + LIGHT_HEIGHT);
  return light > 0 ? light : 0;
}
