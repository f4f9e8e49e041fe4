// The pool as a parking lot: bays are units, vehicles in bays are running tasks, vehicles at the gate are parked ones
// in the order in which they leave.

import { Bays } from './bays.js';
import { LotLayout } from './lot-layout.js';
import { drawVehicle } from './vehicle.js';

const BAYS_PER_ROW = 8;
const EXIT_MS = 900;
const SIGNS = { completed: '✓', failed: '!', dropped: '×', expired: '×' };

export class LotView {
  #layout;
  #bays;
  #gateTimer;
  #vehicles = new Map();
  #chosen;

  /** `elements`: lot, vehicles, lanes note, arm. */
  constructor(elements, capacity) {
    this.elements = elements;
    this.#bays = new Bays(capacity, BAYS_PER_ROW);
    this.#layout = new LotLayout(elements.lot, capacity, BAYS_PER_ROW);
  }

  /** Ids of the vehicles that can be reached, in the order of the eye: the bays, then the queue. */
  get order() {
    return [...this.#vehicles.values()].filter((vehicle) => !vehicle.gone).sort(byPlace).map((vehicle) => vehicle.id);
  }

  focus(id) {
    this.#vehicles.get(id)?.button.focus();
  }

  choose(id) {
    this.#chosen = id;
    for (const vehicle of this.#vehicles.values()) {
      vehicle.button.setAttribute('aria-pressed', String(vehicle.id === id));
    }
  }

  /** Draws the lot anew at its present size. */
  resize(session) {
    if (!this.#layout.measure()) return;
    for (const vehicle of this.#vehicles.values()) vehicle.drawn = undefined;
    this.show(session);
  }

  show({ running, parked, tasks, paused }) {
    const focused = this.#focusedPlace();
    for (const vehicle of this.#vehicles.values()) {
      const task = tasks.get(vehicle.id);
      if (task.state === 'ended') this.#leave(vehicle, task);
    }
    // One whose worker was lost waits again.
    for (const task of parked) this.#bays.leave(task.id);
    for (const task of running) this.#enter(task);
    for (const task of running) {
      const bay = this.#bays.bayOf(task.id);
      if (bay !== undefined) this.#drive(task, this.#layout.inBay(bay), 1);
    }
    this.#queue(parked);
    this.elements.lot.classList.toggle('paused', paused);
    this.#keepFocus(focused);
  }

  #enter(task) {
    if (this.#bays.bayOf(task.id) !== undefined) return;
    if (!this.#bays.enter(task.id, task.units)) return;
    this.elements.arm.classList.add('open');
    clearTimeout(this.#gateTimer);
    this.#gateTimer = setTimeout(() => this.elements.arm.classList.remove('open'), 700);
  }

  #queue(parked) {
    const { places, scale } = this.#layout.queue(parked.map((task) => task.units));
    parked.forEach((task, index) => {
      if (index < places.length) this.#drive(task, places[index], scale, index + 1);
      else this.#remove(this.#vehicles.get(task.id));
    });
    const hidden = parked.length - places.length;
    this.elements.note.textContent = queueNote(parked.length, hidden);
  }

  #drive(task, place, scale, position = 0) {
    const vehicle = this.#vehicles.get(task.id) ?? this.#add(task, place, scale);
    vehicle.position = position;
    vehicle.place = position === 0 ? place.bay : BAYS_PER_ROW * 8 + position;
    const look = `${task.priority} ${this.#layout.bay}`;
    if (vehicle.drawn !== look) this.#draw(vehicle, task, look);
    if (vehicle.lane !== undefined && position > 0 && vehicle.lane !== place.y) this.#changeLane(vehicle);
    vehicle.lane = position > 0 ? place.y : undefined;
    vehicle.button.style.transform = `translate(${place.x}px, ${place.y}px) scale(${scale})`;
    vehicle.progress.style.transform = `scaleX(${task.state === 'running' ? task.progress : 0})`;
    vehicle.button.setAttribute('aria-label', describe(task, position));
  }

  #add(task, place, scale) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'vehicle';
    button.tabIndex = -1;
    button.dataset.task = task.id;
    button.setAttribute('aria-pressed', String(task.id === this.#chosen));
    const progress = document.createElement('i');
    progress.className = 'progress';
    button.append(progress);
    // It comes up the road from the right, behind the others.
    button.style.transform = `translate(${place.x + 24}px, ${place.y}px) scale(${scale})`;
    this.elements.vehicles.append(button);
    button.getBoundingClientRect();
    const vehicle = { id: task.id, button, progress };
    this.#vehicles.set(task.id, vehicle);
    return vehicle;
  }

  /** Lanes follow each other like lines of text: a vehicle that wraps appears in the next one, and crosses nobody. */
  #changeLane({ button }) {
    button.style.transition = 'none';
    button.animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 250 });
    requestAnimationFrame(() => requestAnimationFrame(() => (button.style.transition = '')));
  }

  #draw(vehicle, task, look) {
    vehicle.drawn = look;
    vehicle.button.className = `vehicle p-${task.priority}`;
    vehicle.button.querySelector('svg')?.remove();
    vehicle.button.prepend(drawVehicle({ ...task, ...this.#layout.sizeOf(task.units) }));
  }

  #leave(vehicle, task) {
    if (vehicle.gone) return;
    vehicle.gone = true;
    const { button } = vehicle;
    const wasInBay = this.#bays.bayOf(task.id) !== undefined;
    this.#bays.leave(task.id);
    button.inert = true;
    button.tabIndex = -1;
    button.classList.add('leaving', task.status);
    const sign = document.createElement('span');
    sign.className = 'outcome';
    sign.textContent = SIGNS[task.status] ?? '·';
    button.append(sign);
    const { x, y, scale } = this.#layout.exit(button.style.transform, wasInBay);
    button.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    setTimeout(() => this.#remove(vehicle), EXIT_MS);
  }

  #remove(vehicle) {
    if (!vehicle) return;
    vehicle.button.remove();
    this.#vehicles.delete(vehicle.id);
  }

  #focusedPlace() {
    return [...this.#vehicles.values()].find((vehicle) => vehicle.button === document.activeElement)?.place;
  }

  /** One vehicle is in the tab order; when the focused one leaves, its successor takes the focus. */
  #keepFocus(focusedPlace) {
    const vehicles = [...this.#vehicles.values()].filter((vehicle) => !vehicle.gone).sort(byPlace);
    const current = vehicles.find((vehicle) => vehicle.button === document.activeElement);
    const next = current ?? vehicles.find((vehicle) => vehicle.place >= (focusedPlace ?? 0)) ?? vehicles.at(-1);
    for (const vehicle of vehicles) vehicle.button.tabIndex = vehicle === next ? 0 : -1;
    if (focusedPlace !== undefined && !current) next?.button.focus();
  }
}

function byPlace(a, b) {
  return a.place - b.place;
}

function describe(task, position) {
  const state = position === 0 ? 'running' : `parked, number ${position}`;
  return `Task ${task.number}, ${task.vehicle}, ${task.units} ${task.units === 1 ? 'unit' : 'units'}, ${task.priority}, ${state}`;
}

function queueNote(parked, hidden) {
  if (parked === 0) return 'Nobody is parked';
  return hidden > 0 ? `${parked} parked, ${parked - hidden} in sight` : `${parked} parked`;
}
