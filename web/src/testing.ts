import type { Clock, Timer } from './clock.js';

interface Pending {
  at: number;
  order: number;
  callback: () => void;
}

/** Where a manual clock begins unless told otherwise: 2026-01-01T00:00:00Z. */
const defaultStart = 1_767_225_600_000;

/**
 * A clock that stands still until it is moved. Give it to `ParkingLot.open(config, { clock })`: deadlines, timeouts,
 * heartbeats and leases then happen inside `advance`, in order of time, and nowhere else.
 *
 *     const clock = manualClock();
 *     const lot = await ParkingLot.open(config, { clock });
 *     await clock.advance(30_000);
 */
export interface ManualClock extends Clock {
  /**
   * Moves both clocks forward by `ms`, stopping at every timer that becomes due, and lets promises settle after each.
   * Resolves when everything that follows from it without further time has happened.
   */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock alone, as an operator or a time server does. */
  setWall(ms: number): void;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
}

export function manualClock(startMs: number = defaultStart): ManualClock {
  let steady = 0;
  let wall = startMs;
  let order = 0;
  const pending = new Set<Pending>();

  const timer = (delayMs: number, callback: () => void): Timer => {
    const entry: Pending = { at: steady + Math.max(delayMs, 0), order: order++, callback };
    pending.add(entry);
    return { cancel: () => void pending.delete(entry), hold: () => undefined };
  };
  const moveTo = (moment: number) => {
    wall += moment - steady;
    steady = moment;
  };

  return {
    wall: () => wall,
    steady: () => steady,
    timer,
    after: (delayMs, callback) => timer(delayMs, callback).cancel,
    setWall(ms) {
      wall = ms;
    },
    settle: drainMicrotasks,
    async advance(ms) {
      const end = steady + ms;
      await drainMicrotasks();
      for (let next = earliest(pending, end); next; next = earliest(pending, end)) {
        pending.delete(next);
        moveTo(Math.max(next.at, steady));
        next.callback();
        await drainMicrotasks();
      }
      moveTo(end);
      await drainMicrotasks();
    },
  };
}

function earliest(pending: Set<Pending>, end: number): Pending | undefined {
  let found: Pending | undefined;
  for (const entry of pending) {
    if (entry.at > end) continue;
    if (!found || entry.at < found.at || (entry.at === found.at && entry.order < found.order)) found = entry;
  }
  return found;
}

/** Long chains of promises settle in rounds; a message channel's task comes after all of them. */
function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}
