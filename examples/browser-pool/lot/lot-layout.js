// Where things stand on the lot, in pixels of the lot's own box.

const LANE_GAP = 7;

export class LotLayout {
  #lot;
  #rows;
  #lanes;
  #capacity;
  #baysPerRow;
  bay = 0;

  constructor(lot, capacity, baysPerRow) {
    this.#lot = lot;
    this.#capacity = capacity;
    this.#baysPerRow = baysPerRow;
    this.#rows = [...lot.querySelectorAll('.bays')];
    this.#lanes = lot.querySelector('.lanes');
    this.#rows.forEach((row, index) => row.append(...this.#paintBays(index)));
  }

  #paintBays(row) {
    return Array.from({ length: Math.min(this.#baysPerRow, this.#capacity - row * this.#baysPerRow) }, (_, index) => {
      const bay = document.createElement('div');
      bay.className = 'bay';
      const number = document.createElement('span');
      number.textContent = row * this.#baysPerRow + index + 1;
      bay.append(number);
      return bay;
    });
  }

  /** Measures the lot; answers whether anything has changed. */
  measure() {
    const bay = this.#rows[0].clientWidth / this.#baysPerRow;
    const lanesHeight = this.#lanes.clientHeight;
    if (bay === this.bay && lanesHeight === this.lanesHeight) return false;
    this.bay = bay;
    this.lanesHeight = lanesHeight;
    this.#lot.style.setProperty('--bay', `${bay}px`);
    return true;
  }

  /** Size of a vehicle in a bay. */
  sizeOf(units) {
    return { length: units * this.bay - Math.max(6, this.bay * 0.14), height: this.bay * 0.44 };
  }

  /** Upper left corner of a vehicle that begins at this bay. */
  inBay(bay) {
    const row = Math.floor(bay / this.#baysPerRow);
    const { height } = this.sizeOf(1);
    const box = this.#rows[row];
    const x = box.offsetLeft + (bay % this.#baysPerRow) * this.bay + Math.max(3, this.bay * 0.07) + 1;
    const middle = box.offsetTop + box.offsetHeight / 2 + (row === 0 ? 1 : -1) * this.bay * 0.09;
    return { x, y: middle - height / 2, bay };
  }

  /** Places at the gate for vehicles of these lengths, first comes first; only as many as there is room for. */
  queue(lengths) {
    const { height } = this.sizeOf(1);
    const scale = Math.min(0.8, Math.max(0.5, 14 / height));
    const lane = height * scale + LANE_GAP + 2;
    const bottom = this.#lanes.offsetTop + this.#lanes.clientHeight - 10;
    const right = this.#lanes.clientWidth - 12;
    const places = [];
    let x = 14;
    let y = this.#lanes.offsetTop + 10;
    for (const units of lengths) {
      const length = this.sizeOf(units).length * scale;
      if (x + length > right && x > 14) {
        x = 14;
        y += lane;
      }
      if (y + height * scale > bottom) break;
      places.push({ x, y });
      x += length + LANE_GAP;
    }
    return { places, scale };
  }

  /** Where a vehicle drives to when it leaves: out of the aisle on the left, or away from the queue. */
  exit(transform, wasInBay) {
    const [x, y, scale] = transform.match(/-?[\d.]+(?:e-?\d+)?/g).map(Number);
    if (!wasInBay) return { x, y: y + 26, scale };
    const aisle = this.#rows[0].offsetTop + this.#rows[0].offsetHeight + this.bay * 0.09;
    return { x: x - this.bay * 1.2, y: aisle, scale };
  }
}
