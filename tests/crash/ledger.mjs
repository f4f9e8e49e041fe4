// What a program that was killed had promised, judged from the outside.

import { capacity } from './combinations.mjs';

/** Collects the lines of every life of one cycle and finds what contradicts the laws. */
export class Ledger {
  acknowledged = new Set();
  outcomes = new Map(); // id → what was told of it
  messages = new Map(); // id → "user cursor"
  known = new Map(); // id → status, at the end
  violations = [];
  #confirmed = new Map(); // user → the cursor up to which acknowledgements were confirmed
  #combination;

  constructor(combination) {
    this.#combination = combination;
  }

  /** One line of the client, see main.cc. */
  take(line) {
    const [kind, ...words] = line.split(' ');
    if (kind === 'A') this.acknowledged.add(words[0]);
    if (kind === 'O') this.#once(this.outcomes, words[0], words.slice(1).join(' '), 'two outcomes');
    if (kind === 'M') this.#takeMessage(...words);
    if (kind === 'K') this.#confirmed.set(words[0], this.#counter(words[1]));
    if (kind === 'T') this.known.set(words[0], words[1]);
    if (kind === 'X') this.violations.push(words.join(' '));
  }

  /** A life has ended: what was volatile is gone with it. */
  forgetVolatile() {
    if (!this.#combination.isMailboxDurable) {
      this.messages.clear();
      this.#confirmed.clear();
    }
    if (!this.#combination.isQueueDurable) {
      this.acknowledged.clear();
      this.outcomes.clear();
    }
  }

  #takeMessage(user, cursor, id) {
    if (this.#counter(cursor) <= (this.#confirmed.get(user) ?? 0)) this.violations.push(`message ${cursor} of ${user} came back`);
    this.#once(this.messages, id, `${user} ${cursor}`, 'two messages');
  }

  #counter(cursor) {
    return Number.parseInt(cursor, 10);
  }

  #once(map, id, what, sentence) {
    const before = map.get(id);
    if (before !== undefined && before !== what) this.violations.push(`${sentence} of ${id}: ${before}, ${what}`);
    map.set(id, what);
  }

  /** After the last life, which ran to the end. */
  settle() {
    for (const id of this.acknowledged) {
      if (this.known.get(id) !== 'completed') this.violations.push(`${id} was acknowledged and is ${this.known.get(id) ?? 'lost'}`);
      if (this.#combination.isMailboxDurable && !this.messages.has(id)) this.violations.push(`the outcome of ${id} never reached its mailbox`);
    }
    return this.violations;
  }
}

/** Units in use by the log of the runs, life by life. */
export function capacityViolations(logOfLife) {
  const violations = [];
  let inUse = 0;
  for (const line of logOfLife.split('\n').filter(Boolean)) {
    const [what, id, units] = line.split(' ');
    inUse += what === 'S' ? Number(units) : -Number(units);
    if (inUse > capacity) violations.push(`${inUse} of ${capacity} units in use when ${id} started`);
  }
  return violations;
}
