// The stops of the journey: each lies inside the one before it, the last at the edge of what doubles can resolve.

export const PICTURE = { width: 1024, height: 768 };

/**
 * `width` is the breadth of the view in the complex plane, `iterations` the most that a sample may take. `colour`
 * places the ring of tones: `floor` is the smallest count in the view.
 */
export const VIEWS = [
  {
    name: 'Seahorse tail',
    re: -0.7435669,
    im: 0.1314023,
    width: 2.2878e-3,
    iterations: 2000,
    colour: { floor: 30, turns: 0.6, phase: 0.9 },
  },
  {
    name: 'Double spirals',
    re: -0.74364085,
    im: 0.13182733,
    width: 1.2068e-4,
    iterations: 3000,
    colour: { floor: 70, turns: 0.6, phase: 0 },
  },
  {
    name: 'Satellite',
    re: -0.743644786,
    im: 0.1318252536,
    width: 2.9361e-5,
    iterations: 3000,
    colour: { floor: 100, turns: 0.55, phase: 0.95 },
  },
  {
    name: 'Julia island',
    re: -0.743643887037151,
    im: 0.13182590420533,
    width: 5.1299e-11,
    iterations: 12000,
    colour: { floor: 1100, turns: 0.8, phase: 0.2 },
  },
];

/** How far the view has come from the whole set, which is 3 wide. */
export function magnification(view) {
  return 3 / view.width;
}
