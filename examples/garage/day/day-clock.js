// A clock that stands still until it is set, for `Garages.open(config, { clock })`: the whole day happens at the times that
// its vehicles have, at whatever speed it is shown.

export class DayClock {
  #begin;
  #now;
  #timers = new Set();

  constructor(begin) {
    this.#begin = begin;
    this.#now = begin;
  }

  wall() {
    return this.#now;
  }

  steady() {
    return this.#now - this.#begin;
  }

  timer(delay, callback) {
    const timer = { at: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer), hold: () => undefined };
  }

  after(delay, callback) {
    return this.timer(delay, callback).cancel;
  }

  /** When the next timer is due; Infinity without one. */
  get due() {
    let due = Infinity;
    for (const { at } of this.#timers) due = Math.min(due, at);
    return due;
  }

  /** Moves to `time` and calls what is due by then. */
  set(time) {
    this.#now = Math.max(this.#now, time);
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at > this.#now || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }
}
