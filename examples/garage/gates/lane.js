// Who waits at the gates, drawn beside each. The number stands among the figures.

import { colourOf, element } from '../view/levels.js';

const drawn = 14;

export function drawLane(root, entrances, lane) {
  const shown = JSON.stringify([...lane.keys()]);
  if (root.dataset.shown === shown) return;
  root.dataset.shown = shown;
  root.replaceChildren(
    ...entrances.map((entrance) => {
      const its = [...lane.values()].filter(({ gate }) => (gate ?? entrances[0]) === entrance);
      const line = element('div', 'queue');
      const barrier = element('i', its.length > 0 ? 'barrier closed' : 'barrier');
      line.append(element('span', 'gate-name', entrance), barrier);
      for (const { type, size, plate } of its.slice(0, drawn)) {
        const vehicle = element('i', `vehicle ${type} ${size}`);
        vehicle.dataset.colour = String(colourOf(plate));
        line.append(vehicle);
      }
      if (its.length > drawn) line.append(element('span', 'more', `+ ${its.length - drawn}`));
      return line;
    }),
  );
}
