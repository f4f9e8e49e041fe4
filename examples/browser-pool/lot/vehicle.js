// Draws a vehicle as seen from above, its front to the left. Its length is its units: a car takes one bay, a van two,
// a lorry with a trailer four, a road train eight.

const SVG = 'http://www.w3.org/2000/svg';
const PRIORITY_STRIPES = { low: 0, normal: 1, high: 2, critical: 3 };

/** The word for a vehicle of so many units. */
export function vehicleName(units) {
  if (units <= 1) return 'car';
  if (units <= 2) return 'van';
  return units <= 4 ? 'lorry' : 'road train';
}

/** An SVG element of `length` × `height` pixels. */
export function drawVehicle({ units, priority, length, height }) {
  const svg = element('svg', { width: length, height, viewBox: `0 0 ${length} ${height}`, 'aria-hidden': 'true' });
  if (units <= 1) svg.append(...car(length, height));
  else if (units <= 2) svg.append(...van(length, height));
  else svg.append(...roadTrain(units, length, height));
  svg.append(...stripes(PRIORITY_STRIPES[priority], units, length, height));
  return svg;
}

function car(length, height) {
  const h = height * 0.86;
  const top = (height - h) / 2;
  return [
    shadow(0, top, length, h, h * 0.32),
    box('body', 0, top, length, h, h * 0.32),
    box('roof', length * 0.36, top + h * 0.13, length * 0.38, h * 0.74, h * 0.16),
    glass(length * 0.25, length * 0.36, top, h, 0.16),
    glass(length * 0.84, length * 0.74, top, h, 0.2),
    ...lights(0, length, top, h),
  ];
}

function van(length, height) {
  const h = height * 0.92;
  const top = (height - h) / 2;
  return [
    shadow(0, top, length, h, h * 0.24),
    box('body', 0, top, length, h, h * 0.24),
    glass(length * 0.1, length * 0.17, top, h, 0.12),
    box('roof', length * 0.21, top + h * 0.1, length * 0.73, h * 0.8, h * 0.1),
    ...lights(0, length, top, h),
  ];
}

function roadTrain(units, length, height) {
  const h = height * 0.96;
  const top = (height - h) / 2;
  const bay = length / units;
  const cab = bay * 0.62;
  const trailers = units / 4;
  const gap = Math.max(2, bay * 0.09);
  const trailer = (length - cab) / trailers - gap;
  const parts = [
    box('coupling', cab * 0.5, height * 0.44, length - cab, height * 0.12, 0),
    shadow(0, top, cab, h, h * 0.2),
    box('body', 0, top + h * 0.03, cab, h * 0.94, h * 0.2),
    glass(cab * 0.22, cab * 0.44, top, h, 0.12),
    ...lights(0, undefined, top, h),
  ];
  for (let i = 0; i < trailers; i += 1) {
    const x = cab + gap + i * (trailer + gap);
    parts.push(shadow(x, top, trailer, h, h * 0.08), box('body', x, top, trailer, h, h * 0.08));
    parts.push(box('roof', x + h * 0.1, top + h * 0.1, trailer - h * 0.2, h * 0.8, h * 0.05));
    for (let rib = x + bay * 0.5; rib < x + trailer - bay * 0.3; rib += bay * 0.5) {
      parts.push(box('rib', rib, top + h * 0.1, Math.max(0.8, bay * 0.012), h * 0.8, 0));
    }
  }
  parts.push(...lights(undefined, length, top, h));
  return parts;
}

/** Bars across the roof: none for low, three for critical, so that colour is not the only sign. */
function stripes(count, units, length, height) {
  const bay = length / units;
  const width = Math.max(1.5, bay * 0.045);
  const right = units <= 1 ? length * 0.7 : length - bay * 0.16;
  return Array.from({ length: count }, (_, i) =>
    box('stripe', right - (i + 1) * width * 1.9, height * 0.26, width, height * 0.48, width / 3),
  );
}

function box(name, x, y, width, height, radius) {
  return element('rect', { class: name, x: round(x), y: round(y), width: round(width), height: round(height), rx: round(radius) });
}

function shadow(x, y, width, height, radius) {
  return box('shadow', x + 1, y + 2, width, height, radius);
}

function glass(front, back, top, height, inset) {
  const points = [
    [front, top + height * inset],
    [back, top + height * (inset + 0.04)],
    [back, top + height * (0.96 - inset)],
    [front, top + height * (1 - inset)],
  ];
  return element('polygon', { class: 'glass', points: points.map((point) => point.map(round).join(',')).join(' ') });
}

function lights(front, back, top, height) {
  const width = Math.max(1.2, height * 0.08);
  const rows = [top + height * 0.14, top + height * 0.7];
  return rows.flatMap((y) => [
    ...(front === undefined ? [] : [box('headlight', front + width * 0.4, y, width, height * 0.16, width / 2)]),
    ...(back === undefined ? [] : [box('taillight', back - width * 1.4, y, width, height * 0.16, width / 2)]),
  ]);
}

function element(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function round(value) {
  return Math.round(value * 100) / 100;
}
