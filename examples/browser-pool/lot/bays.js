// Which bays a task takes. The scheduler counts units and knows no bays: this is the picture of it.

/**
 * Rows of bays for vehicles whose lengths are powers of two, up to the length of a row. Each stands at a multiple of
 * its length; therefore whatever fits by units can be given adjacent bays, if need be by moving others.
 *
 * Invariant: no bay is taken twice.
 */
export class Bays {
  #taken;
  #vehicles = new Map();

  constructor(count, longest) {
    this.#taken = new Array(count).fill(undefined);
    this.longest = longest;
  }

  /** The first bay of the vehicle, or undefined. */
  bayOf(id) {
    return this.#vehicles.get(id)?.bay;
  }

  /** Gives `length` adjacent bays; answers false if so many are not free. Others may have moved: ask `bayOf` again. */
  enter(id, length) {
    const free = this.#taken.filter((taker) => taker === undefined).length;
    if (!Number.isInteger(Math.log2(length)) || length > this.longest || length > free) return false;
    const bay = this.#bestPlace(length, (place) => this.#used(place, length) === 0);
    if (bay === undefined) this.#makeRoom(id, length);
    else this.#put(id, bay, length);
    return true;
  }

  leave(id) {
    const vehicle = this.#vehicles.get(id);
    if (!vehicle) return;
    this.#taken.fill(undefined, vehicle.bay, vehicle.bay + vehicle.length);
    this.#vehicles.delete(id);
  }

  #put(id, bay, length) {
    this.#taken.fill(id, bay, bay + length);
    this.#vehicles.set(id, { bay, length });
  }

  #used(bay, length) {
    return this.#taken.slice(bay, bay + length).filter((id) => id !== undefined).length;
  }

  /** Of the places that will do, the one beside the fullest, so that long gaps last. */
  #bestPlace(length, willDo) {
    let best;
    for (let bay = 0; bay + length <= this.#taken.length; bay += length) {
      if (!willDo(bay)) continue;
      const neighbourhood = Math.floor(bay / (length * 2)) * length * 2;
      const used = this.#used(neighbourhood, length * 2);
      if (best === undefined || used > best.used) best = { bay, used };
    }
    return best?.bay;
  }

  /** Clears the place that is nearest to empty; then the longest choose first, and stay where they are if they can. */
  #makeRoom(id, length) {
    const others = [...this.#vehicles].map(([other, place]) => ({ id: other, ...place }));
    others.sort((a, b) => b.length - a.length);
    const movable = (bay) => others.every((other) => other.length < length || !overlaps(other, bay, length));
    let place;
    for (let bay = 0; bay + length <= this.#taken.length; bay += length) {
      if (movable(bay) && (place === undefined || this.#used(bay, length) < this.#used(place, length))) place = bay;
    }
    this.#taken.fill(undefined);
    this.#vehicles.clear();
    this.#put(id, place, length);
    for (const other of others) {
      const isFree = (bay) => this.#used(bay, other.length) === 0;
      this.#put(other.id, isFree(other.bay) ? other.bay : this.#bestPlace(other.length, isFree), other.length);
    }
  }
}

function overlaps(vehicle, bay, length) {
  return vehicle.bay < bay + length && bay < vehicle.bay + vehicle.length;
}
