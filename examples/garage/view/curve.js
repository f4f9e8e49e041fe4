// Two small plots: the day so far, and what a stay costs by its length. Both are pictures; what they say stands beside them as
// text.

import { dayMs } from '../day/day.js';
import { moneyOf, wholeMoneyOf } from './format.js';

const svg = 'http://www.w3.org/2000/svg';
const foot = 18;

const drawings = new Map();
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) drawings.get(target)();
});

/** Draws now, and again whenever the page gives the plot another size. */
function keepDrawn(root, draw) {
  if (!drawings.has(root)) resized.observe(root);
  drawings.set(root, draw);
  draw();
}

/** A unit of the drawing is a pixel, so that text keeps its size. */
function sizeOf(root) {
  const width = Math.max(240, root.clientWidth);
  const height = Math.max(90, root.clientHeight);
  root.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return { width, height };
}

/** Occupied spots as an area, money taken as a line. */
export const drawDay = (root, day) => keepDrawn(root, () => plotDay(root, day));

function plotDay(root, { begin, samples, spots }) {
  const { width, height } = sizeOf(root);
  const x = (at) => ((at - begin) / dayMs) * width;
  const top = Math.max(10_000, ...samples.map(({ revenue }) => revenue)) * 1.05;
  const y = (value, most) => height - foot - (value / most) * (height - foot - 8);
  const line = (valueOf, most) => samples.map((sample) => `${x(sample.at).toFixed(1)},${y(valueOf(sample), most).toFixed(1)}`);
  const occupied = line((sample) => sample.occupied, spots);
  const revenue = line((sample) => sample.revenue, top);
  root.replaceChildren(
    ...hours(width, height),
    mark('line', { class: 'limit', x1: 0, x2: width, y1: y(spots, spots), y2: y(spots, spots) }),
    mark('polygon', { class: 'area', points: [`0,${height - foot}`, ...occupied, `${x(samples.at(-1).at)},${height - foot}`].join(' ') }),
    mark('polyline', { class: 'money', points: revenue.join(' ') }),
  );
  root.setAttribute('aria-label', `Occupancy and revenue so far: ${samples.at(-1).occupied} of ${spots} spots, ${moneyOf(samples.at(-1).revenue)}`);
}

function hours(width, height) {
  return [0, 6, 12, 18, 24].flatMap((hour) => {
    const x = (hour / 24) * width;
    const anchor = hour === 0 ? 'start' : hour === 24 ? 'end' : 'middle';
    const label = mark('text', { x, y: height - 3, 'text-anchor': anchor });
    label.textContent = `${String(hour).padStart(2, '0')}:00`;
    return [mark('line', { class: 'grid', x1: x, x2: x, y1: 4, y2: height - foot }), label];
  });
}

/** `prices`: `[{hours, amount}]`, rising; `chosen`: the stay that is looked at. */
export const drawPrices = (root, prices, chosen) => keepDrawn(root, () => plotPrices(root, prices, chosen));

function plotPrices(root, prices, chosen) {
  const { width, height } = sizeOf(root);
  const most = Math.max(100, ...prices.map(({ amount }) => amount)) * 1.1;
  const longest = prices.at(-1).hours;
  const x = (value) => (value / longest) * width;
  const y = (amount) => height - foot - (amount / most) * (height - foot - 12);
  let path = `M0,${y(prices[0].amount)}`;
  for (const { hours: at, amount } of prices.slice(1)) path += `H${x(at).toFixed(1)}V${y(amount).toFixed(1)}`;
  const label = mark('text', { x: Math.min(width - 4, x(chosen.hours) + 8), y: Math.max(12, y(chosen.amount) - 8), class: 'price', 'text-anchor': x(chosen.hours) > width * 0.75 ? 'end' : 'start' });
  label.textContent = wholeMoneyOf(chosen.amount);
  const days = [];
  for (let day = 0; day <= longest; day += longest > 30 ? 24 : 6) {
    const text = mark('text', { x: x(day), y: height - 3, 'text-anchor': day === 0 ? 'start' : day >= longest ? 'end' : 'middle' });
    text.textContent = longest > 30 ? `${day / 24} d` : `${day} h`;
    days.push(mark('line', { class: 'grid', x1: x(day), x2: x(day), y1: 4, y2: height - foot }), text);
  }
  root.replaceChildren(
    ...days,
    mark('path', { class: 'steps', d: path }),
    mark('line', { class: 'chosen', x1: x(chosen.hours), x2: x(chosen.hours), y1: 4, y2: height - foot }),
    mark('circle', { class: 'point', cx: x(chosen.hours), cy: y(chosen.amount), r: 4.5 }),
    label,
  );
  root.setAttribute('aria-label', `Price by length of stay, up to ${moneyOf(prices.at(-1).amount)} for ${longest / 24} days`);
}

function mark(name, attributes) {
  const made = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
