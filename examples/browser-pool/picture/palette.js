// Colours of the picture: a closed ring of tones, walked slowly in the logarithm of the count.

const RING = [
  [8, 14, 38],
  [22, 58, 112],
  [70, 141, 178],
  [214, 232, 222],
  [250, 214, 140],
  [226, 128, 66],
  [120, 38, 58],
  [36, 16, 46],
];
const INSIDE_COLOUR = [6, 8, 14];
const TABLE_SIZE = 4096;

const table = buildTable();

/** The ring as a table of linear light, smoothly blended, so that averaging samples does not darken edges. */
function buildTable() {
  const colours = new Float32Array(TABLE_SIZE * 3);
  for (let i = 0; i < TABLE_SIZE; i += 1) {
    const place = (i / TABLE_SIZE) * RING.length;
    const from = Math.floor(place);
    const t = place - from;
    const eased = t * t * (3 - 2 * t);
    for (let channel = 0; channel < 3; channel += 1) {
      const a = RING[from][channel];
      const b = RING[(from + 1) % RING.length][channel];
      colours[i * 3 + channel] = toLinear(a + (b - a) * eased);
    }
  }
  return colours;
}

function toLinear(value) {
  return (value / 255) ** 2.2;
}

const inside = INSIDE_COLOUR.map(toLinear);

/** Adds the linear colour of one sample to `sum`. `phase` turns the ring, `turns` is its number of rounds per e-fold. */
export function addColour(count, slope, { phase, turns, floor }, sum) {
  if (count < 0) {
    sum[0] += inside[0];
    sum[1] += inside[1];
    sum[2] += inside[2];
    return;
  }
  const place = phase + turns * Math.log(Math.max(1, count - floor + 1));
  const entry = Math.floor((place - Math.floor(place)) * TABLE_SIZE) * 3;
  const light = 0.45 + 0.75 * slope;
  sum[0] += table[entry] * light;
  sum[1] += table[entry + 1] * light;
  sum[2] += table[entry + 2] * light;
}

/** Linear light to a byte for the screen. */
export function toByte(linear) {
  return Math.min(255, Math.round(255 * linear ** (1 / 2.2)));
}
