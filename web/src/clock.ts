import type { ExecutorClock } from './executor/executor.js';

/** Both clocks and the timers of a host. Everything that happens in time goes through one of these. */
export interface Clock extends ExecutorClock {
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Milliseconds of a clock that never goes back. */
  steady(): number;
  /** Calls `callback` once after `delayMs`; `holdsProcess` decides whether a waiting Node process stays for it. */
  timer(delayMs: number, callback: () => void): Timer;
}

export function isClock(given: unknown): given is Clock {
  const { wall, steady, timer } = Object(given) as Partial<Clock>;
  return [wall, steady, timer].every((each) => typeof each === 'function');
}

export interface Timer {
  cancel(): void;
  /** In Node: whether the process stays alive for this timer. Nothing elsewhere. */
  hold(holds: boolean): void;
}

/** Longest delay that every timer implementation keeps; a longer one is armed again when it fires. */
const longestDelayMs = 2 ** 31 - 1;

interface NodeTimer {
  ref(): void;
  unref(): void;
}

function isNodeTimer(timer: unknown): timer is NodeTimer {
  return typeof timer === 'object' && timer !== null && 'unref' in timer;
}

/** The clocks of the machine. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  steady: () => performance.now(),
  timer(delayMs, callback) {
    const handle: unknown = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestDelayMs));
    return {
      cancel: () => clearTimeout(handle as number),
      hold(holds) {
        if (!isNodeTimer(handle)) return;
        if (holds) handle.ref();
        else handle.unref();
      },
    };
  },
  after(delayMs, callback) {
    const timer = this.timer(delayMs, callback);
    timer.hold(false);
    return () => timer.cancel();
  },
};
