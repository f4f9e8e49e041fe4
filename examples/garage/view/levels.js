// The garage from above: a panel for each level, rows in pairs along an aisle, a button for each spot. One spot at a time is in
// the order of the Tab key; the arrow keys move.

const kindNames = { compact: 'compact', regular: 'regular', oversized: 'oversized' };
const featureNames = { ev_charger: 'charger', accessible: 'accessible', covered: 'covered' };
const signs = { ev_charger: 'ϟ', accessible: '♿︎' };

export class Levels {
  #root;
  #buttons = new Map();
  #rows = [];
  #current;
  #selected;
  #onSelect;

  constructor(root, onSelect) {
    this.#root = root;
    this.#onSelect = onSelect;
    root.addEventListener('click', (event) => this.select(event.target.closest('.spot')?.dataset.spot));
    root.addEventListener('keydown', (event) => this.#move(event));
    root.addEventListener('focusin', (event) => this.#hold(event.target.closest('.spot')));
  }

  /** Draws the empty garage. */
  build(spots) {
    this.#buttons.clear();
    this.#rows = [];
    this.#root.replaceChildren();
    const levels = grouped(spots, ({ spot }) => spot.split('/')[0]);
    for (const [level, its] of levels) this.#root.append(this.#level(level, its));
    this.#current = undefined;
    this.#hold(this.#rows[0][0]);
  }

  /** Draws one spot as it is now. `vehicle`: what stands there. */
  show(name, state, vehicle) {
    const button = this.#buttons.get(name);
    button.dataset.state = state;
    button.setAttribute('aria-label', labelOf(button, state, vehicle));
    const before = button.querySelector('.vehicle');
    if (!vehicle) {
      before?.remove();
      return;
    }
    const drawn = before ?? button.appendChild(document.createElement('i'));
    drawn.className = `vehicle ${vehicle.type} ${vehicle.size} ${partOf(vehicle, name)}`;
    drawn.dataset.colour = String(colourOf(vehicle.plate));
  }

  select(name) {
    if (name === undefined) return;
    if (this.#selected) this.#selected.removeAttribute('aria-current');
    this.#selected = this.#buttons.get(name);
    this.#selected.setAttribute('aria-current', 'true');
    this.#hold(this.#selected);
    this.#onSelect(name);
  }

  /** Marks the occupancy on a level's sign. */
  showFree(level, free, spots) {
    const sign = this.#root.querySelector(`[data-level="${level}"] .sign`);
    sign.textContent = free === 0 ? 'full' : `${free} free`;
    sign.classList.toggle('full', free === 0);
    sign.title = `${spots} spots`;
  }

  #level(level, spots) {
    const panel = element('section', 'level');
    panel.dataset.level = level;
    const head = element('h3', '', level);
    const sign = element('span', 'sign', '');
    const title = element('div', 'level-head');
    title.append(head, sign);
    const lot = element('div', 'asphalt');
    lot.setAttribute('role', 'group');
    lot.setAttribute('aria-label', `Spots of ${level}: arrow keys move, Enter selects`);
    const rows = [...grouped(spots, ({ spot }) => spot.split('/')[1])];
    rows.forEach(([row, its], index) => {
      if (index % 2 === 1) lot.append(element('div', 'aisle'));
      lot.append(this.#row(row, its, index % 2 === 0 ? 'up' : 'down'));
    });
    panel.append(title, lot);
    return panel;
  }

  #row(row, spots, side) {
    const line = element('div', `row ${side}`);
    const name = element('span', 'row-name', row);
    name.setAttribute('aria-hidden', 'true');
    line.append(name);
    this.#rows.push([]);
    for (const { spot, kind, features } of spots) {
      const button = element('button', `spot ${kind} ${features.join(' ')}`);
      button.type = 'button';
      button.tabIndex = -1;
      button.dataset.spot = spot;
      button.dataset.kind = [kindNames[kind], ...features.map((each) => featureNames[each])].join(', ');
      const sign = features.map((each) => signs[each] ?? '').join('');
      if (sign) button.append(Object.assign(element('b', 'paint', sign), { ariaHidden: 'true' }));
      this.#buttons.set(spot, button);
      this.#rows.at(-1).push(button);
      this.show(spot, 'free');
      line.append(button);
    }
    return line;
  }

  #hold(button) {
    if (!button || button === this.#current) return;
    if (this.#current) this.#current.tabIndex = -1;
    button.tabIndex = 0;
    this.#current = button;
  }

  #move(event) {
    const row = this.#rows.findIndex((buttons) => buttons.includes(event.target));
    if (row < 0) return;
    const place = this.#rows[row].indexOf(event.target);
    const to = {
      ArrowLeft: [row, place - 1],
      ArrowRight: [row, place + 1],
      ArrowUp: [row - 1, place],
      ArrowDown: [row + 1, place],
      Home: [row, 0],
      End: [row, this.#rows[row].length - 1],
    }[event.key];
    const next = to && this.#rows[to[0]]?.[to[1]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}

/** Of a vehicle over several spots: which end of it stands on this one. */
function partOf({ spots }, name) {
  if (spots.length === 1) return '';
  return spots[0] === name ? 'head' : spots.at(-1) === name ? 'tail end' : 'tail';
}

function labelOf(button, state, vehicle) {
  const what = vehicle ? `${vehicle.type} ${vehicle.plate}` : state;
  return `${button.dataset.spot}, ${button.dataset.kind}: ${what}`;
}

const colours = 9;
/** The same plate, the same colour. */
export function colourOf(plate) {
  let hash = 7;
  for (const letter of plate) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash % colours;
}

function grouped(list, keyOf) {
  const groups = new Map();
  for (const each of list) {
    const key = keyOf(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return groups;
}

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
