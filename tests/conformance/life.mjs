// Runs one life of a case in this realm: in Node, a page or a worker. A case is a list of lives; each is a function of a
// world, and its realm is killed the moment it has answered. What a life answers, the next ones find in `world.said`.
//
// A factory gives a backend:
//   survives   'process' or 'nothing': what remains of everything acknowledged when its realm is killed
//   second     what another opening of a store that is open gets: 'refused', 'shared' or 'separate'
//   storage    of a pool's config, fresh for every case

import { mailboxCases } from './mailbox-cases.mjs';
import { storeCases } from './store-cases.mjs';
import { taskCases } from './task-cases.mjs';

export const cases = { ...taskCases, ...mailboxCases, ...storeCases };

const patienceMs = 20_000;

class World {
  constructor(ParkingLot, { backend, said }) {
    Object.assign(this, { ParkingLot, backend, said });
    this.keeps = backend.survives === 'process';
  }

  /** The pool `p`; `more` is added to it. */
  config({ mailbox = {}, ...more } = {}) {
    const { storage } = this.backend;
    return { pools: { p: { max_units: 1, queue: storage, mailbox: { storage, ...mailbox }, ...more } } };
  }

  /** Opens the lot; `handler` runs the tasks of `p`. */
  open(handler, config = this.config(), options = {}) {
    return this.ParkingLot.open(config, handler ? { ...options, handlers: { p: handler } } : options);
  }

  equal(actual, expected, what) {
    const [is, wanted] = [actual, expected].map((value) => JSON.stringify(value) ?? 'undefined');
    if (is === wanted) return;
    let at = 0;
    while (is[at] === wanted[at]) at++;
    const spell = (text) => `${text.length} letters, …${text.slice(Math.max(0, at - 60), at + 60)}…`;
    throw new Error(`${what}: expected ${spell(wanted)}, got ${spell(is)}`);
  }

  async eventually(what, holds) {
    for (const end = Date.now() + patienceMs; !(await holds()); ) {
      if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The ids in the mailbox once there are `count`, and nothing is owed to it. */
  async messageIds(lot, count) {
    const ids = async () => (await lot.mailbox({ tenant: 'acme' }).fetch({ limit: 10_000 })).map((each) => each.taskId);
    await this.eventually(`${count} messages`, async () => {
      const { undelivered } = await lot.pool('p').stats();
      return undelivered === 0 && (await ids()).length === count;
    });
    return ids();
  }

  /** `queued`, `dropped: cancelled`, …, or the code of the refusal. */
  async status(pool, id) {
    try {
      const { status, reason } = await pool.status(id);
      return reason === undefined ? status : `${status}: ${reason}`;
    } catch (error) {
      return error.code ?? String(error);
    }
  }

  /** `admitted`, `joined`, or the code of the refusal. */
  async answerTo(pool, spec) {
    try {
      return (await pool.submit(spec)).joined ? 'joined' : 'admitted';
    } catch (error) {
      return error.code ?? String(error);
    }
  }

  /** A task whose outcome goes to the mailbox `acme`, and whose payload is its id. */
  task(taskId, more = {}) {
    return { taskId, payload: taskId, mailbox: { tenant: 'acme' }, ...more };
  }
}

/** `order` is { name, life, backend, said } and can be cloned, and so is the answer. */
export async function live(ParkingLot, order) {
  const answer = await cases[order.name][order.life](new World(ParkingLot, order));
  return answer ?? null;
}

/** All lives of a case; `runLife(order)` runs one in a fresh realm, kills that, and gives its answer. */
export async function liveAll(name, backend, runLife) {
  const said = [];
  for (let life = 0; life < cases[name].length; life++) {
    try {
      said.push(await runLife({ name, life, backend, said }));
    } catch (error) {
      throw new Error(`life ${life + 1} of ${name}: ${error.message}`, { cause: error });
    }
  }
}
