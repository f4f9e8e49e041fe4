// A day of the garage: vehicles that come and go as `planDay` made them up, and those that somebody sends through a gate.

import { Garages } from 'prometheus-parking-lot/garage';
import { garageConfig } from '../garage-config.js';
import { DayClock } from './day-clock.js';

/** As in `parking-lot garage simulate`: so long a driver stays in the lane. */
const patience = '10m';
const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export class Day {
  /** By spot: what stands there. */
  vehicles = new Map();
  /** Who waits, by plate. */
  lane = new Map();
  turnedAway = 0;
  entered = 0;
  left = 0;
  revenue = 0;
  /** `{at, occupied, revenue}`, one for every few minutes. */
  samples = [];
  #arrivals;
  #next = 0;
  #departures = [];
  #clock;

  /** `heard`: called with the spots that change. */
  static async open({ tariff, kind, seed, heard }) {
    const config = { garages: { page: garageConfig(tariff) } };
    // The plan begins at midnight of its own day, so the clock is made when that is known.
    const planner = await Garages.open(config);
    const plan = await planner.garage('page').planDay(kind, seed);
    const expected = await planner.garage('page').simulateDay(kind, seed);
    planner.close();
    const clock = new DayClock(plan.begin.getTime());
    const garages = await Garages.open(config, { clock });
    return new Day(garages, clock, plan, expected, heard);
  }

  constructor(garages, clock, { begin, arrivals }, expected, heard) {
    this.garages = garages;
    this.garage = garages.garage('page');
    this.begin = begin.getTime();
    this.expected = expected;
    this.#clock = clock;
    this.#arrivals = arrivals;
    this.garage.onChange((change) => {
      if (change.what !== 'spots') return;
      if (change.state === 'free') for (const spot of change.spots) this.vehicles.delete(spot);
      heard(change.spots, change.state);
    });
  }

  get now() {
    return this.#clock.wall();
  }

  get isOver() {
    return this.now >= this.begin + dayMs;
  }

  /** Lets everything happen until `time`, in order. */
  async advance(time) {
    const end = Math.min(time, this.begin + dayMs);
    for (;;) {
      const comes = this.#arrivals[this.#next]?.at.getTime() ?? Infinity;
      const goes = this.#departures[0]?.at ?? Infinity;
      const due = this.#clock.due;
      const at = Math.min(comes, goes, due);
      if (at > end) break;
      this.#sample(at);
      this.#clock.set(at);
      if (goes <= comes && goes === at) await this.#leave(this.#departures.shift());
      else if (comes === at) await this.#arrive(this.#arrivals[this.#next++]);
      // An answer that came out of this is heard before the next thing happens.
      await undefined;
    }
    this.#sample(end);
    this.#clock.set(end);
  }

  /** A vehicle at a gate. Resolves when it stands or waits; rejects when it is turned away. */
  enter(vehicle, { wait = patience, stayMs = Infinity } = {}) {
    const { plate, type = 'car', size = 'medium', gate } = vehicle;
    const shown = { plate, type, size, gate, wanted: vehicle.wanted };
    return new Promise((resolve, reject) => {
      const onWaiting = ({ place, ahead }) => {
        this.lane.set(plate, { ...shown, place });
        resolve({ waits: true, ahead });
      };
      this.garage.enter({ ...vehicle, wait, onWaiting }).then(
        (admission) => {
          this.lane.delete(plate);
          this.entered += 1;
          this.#stands(admission, shown, stayMs);
          resolve(admission);
        },
        (error) => {
          this.lane.delete(plate);
          if (error.code === 'garage_full' || error.code === 'wait_expired' || error.code === 'lane_full') this.turnedAway += 1;
          reject(error);
        },
      );
    });
  }

  async exit(ticket) {
    const gone = await this.garage.exit({ ticket, paidHere: true });
    this.left += 1;
    this.revenue += gone.paidHere;
    return gone;
  }

  async pay(ticket, amount) {
    const paid = await this.garage.pay({ ticket, amount });
    this.revenue += amount;
    return paid;
  }

  close() {
    this.garages.close();
  }

  #stands({ ticket, spots }, vehicle, stayMs) {
    for (const spot of spots) this.vehicles.set(spot, { ...vehicle, ticket, spots });
    if (stayMs === Infinity) return;
    const departure = { at: entryOf(ticket) + stayMs, ticket };
    const place = this.#departures.findIndex(({ at }) => at > departure.at);
    this.#departures.splice(place < 0 ? this.#departures.length : place, 0, departure);
  }

  async #arrive({ at, stayMs, ...vehicle }) {
    await this.enter(vehicle, { stayMs }).catch((error) => {
      if (error.name !== 'ParkingLotError') throw error;
    });
  }

  /** Somebody may have let it out by hand. */
  async #leave({ ticket }) {
    await this.exit(ticket).catch((error) => {
      if (error.code !== 'already_left') throw error;
    });
  }

  /** The figures as they were at each fifth minute before `time`. */
  #sample(time) {
    const every = 5 * 60_000;
    let at = this.begin + this.samples.length * every;
    while (at <= time && at <= this.begin + dayMs) {
      this.samples.push({ at, occupied: this.vehicles.size, revenue: this.revenue });
      at += every;
    }
  }
}

/** A ticket's id is a UUID of version 7: it begins with the time of the entry. */
function entryOf(ticket) {
  return Number.parseInt(ticket.replaceAll('-', '').slice(0, 12), 16);
}
