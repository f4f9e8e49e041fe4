// The gate: which vehicle, which plate, which entrance.

import { element } from '../view/levels.js';

/** What the chips stand for, as `enter` takes it. */
const kinds = [
  { name: 'Car', vehicle: {} },
  { name: 'Small car', vehicle: { size: 'small' } },
  { name: 'Electric', vehicle: { wanted: ['ev_charger'] } },
  { name: 'Accessible', vehicle: { wanted: ['accessible'] } },
  { name: 'Motorcycle', vehicle: { type: 'motorcycle', size: 'small' } },
  { name: 'Van', vehicle: { type: 'van', size: 'large', spotsRequired: 2 } },
  { name: 'Bus', vehicle: { type: 'bus', size: 'large', spotsRequired: 3 } },
];

export class GatePanel {
  #form = document.querySelector('#gate');
  #plate = document.querySelector('#plate');
  #entrance = document.querySelector('#entrance');
  #note = document.querySelector('#gate-note');
  #count = 0;

  /** `enter(vehicle)` resolves with what the gate said. */
  constructor(entrances, enter) {
    const chips = document.querySelector('#kinds');
    kinds.forEach(({ name }, index) => {
      const chip = element('label', 'chip');
      const input = Object.assign(element('input'), { type: 'radio', name: 'kind', value: index, checked: index === 0 });
      chip.append(input, element('span', '', name));
      chips.append(chip);
    });
    this.#entrance.append(...entrances.map((name) => new Option(name)));
    this.#plate.value = this.#newPlate();
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const kind = kinds[Number(new FormData(this.#form).get('kind'))];
      this.#send(enter, { ...kind.vehicle, plate: this.#plate.value.trim(), gate: this.#entrance.value });
    });
  }

  async #send(enter, vehicle) {
    try {
      const answer = await enter(vehicle);
      this.say(answer.waits ? `${vehicle.plate} waits in the lane, ${answer.ahead} before it.` : `${vehicle.plate} may drive to ${answer.spots.join(' and ')}.`);
      this.#plate.value = this.#newPlate();
    } catch (error) {
      this.say(error.message, error.code);
      if (error.field === 'plate') this.#plate.focus();
    }
  }

  say(text, code) {
    this.#note.textContent = code ? `${text} (${code})` : text;
    this.#note.classList.toggle('bad', code !== undefined);
  }

  #newPlate() {
    this.#count += 1;
    return `B-PL ${100 + this.#count}`;
  }
}
